# StackLens pipeline: `make` lists the words.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)) python3)
BIN := .venv/bin
STAMP := .venv/.installed
BENCHES := engine freshness catchup parsers fuzz
# command=package: what the integration tests use beside Python, with Debian's names
PARTS := java=default-jre-headless mvn=maven curl=curl logger=bsdutils

export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
# a word on the command line (`make test CI=true`) counts like a variable of the shell
export CI

.PHONY: help install demo test quick soak parts lint types coverage bench docs kafka lock
.DELETE_ON_ERROR:

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18
	@echo "  make bench-NAME  one of them: $(BENCHES)"

install: $(STAMP) ## make .venv with the locked packages (Python 3.11 or later; PYTHON=... chooses one)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "StackLens needs Python 3.11 or later, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1 || true)." \
			"Name one with: make install PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Installing the locked packages into .venv, once"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## stream logs to marts and show it (EXIT=1 once and out, KAFKA=1 on Kafka, HOST_LOGS=1 this host's too)
	@$(BIN)/stacklens demo $(if $(EXIT),--exit) $(if $(KAFKA),--kafka) $(if $(HOST_LOGS),--host-logs)

test: install ## all tests but the long ones, with coverage (CI=true: a missing part fails instead of skipping)
	@if [ "$${CI:-}" = true ]; then $(MAKE) parts; fi
	@$(BIN)/coverage erase; mkdir -p build
	@status=0; COVERAGE_PROCESS_START=$(CURDIR)/pyproject.toml COVERAGE_FILE=$(CURDIR)/.coverage \
		$(BIN)/python -m pytest -m "not soak" | tee build/pytest.log || status=$$?; \
	$(BIN)/coverage combine --quiet || true; \
	floor=0; if [ "$${CI:-}" = true ]; then floor=90; fi; \
	$(BIN)/coverage report --fail-under=$$floor || status=$$?; \
	tail -n 1 build/pytest.log; exit $$status

quick: install ## the unit tests, under a minute
	@$(BIN)/python -m pytest -q tests/unit

soak: install ## the long tests: the parsers against each other on many more lines, kill -9 many times
	@if [ "$${CI:-}" = true ]; then $(MAKE) parts; fi
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -q --timeout 3600 tests/unit/parse
	@$(BIN)/python -m pytest -m soak --timeout 3600

parts: ## install the Debian packages that the tests use (as root)
	@missing=(); for part in $(PARTS); do \
		command -v "$${part%%=*}" >/dev/null || missing+=("$${part##*=}"); done; \
	if [ $${#missing[@]} = 0 ]; then echo "Every part is there."; exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "Missing: $${missing[*]}. Install them as root on Debian with: sudo make parts" >&2; exit 1; fi; \
	export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; : RUNLEVEL keeps their services from starting; \
	apt-get update -qq && apt-get install -qq -y --no-install-recommends "$${missing[@]}" >/dev/null; \
	echo "Installed: $${missing[*]}"

lint: install ## ruff, and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: install ## mypy, strict on the engine
	@$(BIN)/mypy

coverage: install ## what the last `make test` covered, line by line, in build/coverage
	@$(BIN)/coverage html --directory build/coverage

bench: $(addprefix bench-,$(BENCHES)) ## all measurements, with a result file each in benchmarks/results

bench-%: install
	@$(BIN)/python -m benchmarks.$*

docs: install ## write docs/reference from the code; fail on a broken link
	@$(BIN)/python docs/build.py $(if $(CHECK),--check)

kafka: install ## a Kafka broker on port 9092, data in data/kafka, until Ctrl-C (needs java and mvn)
	@$(BIN)/python deploy/kafka/broker.py --port 9092 --data data/kafka

lock: install ## resolve requirements.lock anew, with hashes and without addresses
	$(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header \
		--no-strip-extras --all-extras --group dev --upgrade --quiet --output-file requirements.lock pyproject.toml
