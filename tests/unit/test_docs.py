"""Docs that cannot lie: every table, column, setting, command and part is in them, and every link leads somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["tables.md", "settings.md", "commands.md"])
def test_the_committed_page_is_what_the_code_says(build, page):
    assert (ROOT / "docs/reference" / page).read_text() == build.generators()[page](), "run `make docs`"


def test_every_table_and_column_is_documented(build):
    from stacklens_pipeline.tables import TABLES

    page = build.tables()
    for table in TABLES:
        assert f"## {table.path}\n" in page
        assert table.description
        assert all(text for _, text in table.columns.values())


def test_every_setting_is_documented(build):
    from stacklens_pipeline.settings import variables

    page = build.settings()
    assert [name for name, _, _ in variables() if f"`{name}`" not in page] == []


def test_every_command_has_help(build):
    page = build.commands()
    without = re.findall(r"^## (.+)\n\n(?=\||#|\Z)", page, re.MULTILINE)
    assert without == []


def test_no_link_is_broken(build):
    assert build.broken_links(build.documents()) == []


def test_a_broken_link_is_found(build, tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# One two\n[x](#one-two) [y](#three) [z](b.md) [w](https://example.com)\n```\n[q](c.md)\n```\n")
    assert build.broken_links([page]) == ["a.md: broken link #three", "a.md: broken link b.md"]


def test_every_word_of_make_has_a_line():
    text = (ROOT / "Makefile").read_text()
    words = re.search(r"^\.PHONY: help (.*)$", text, re.MULTILINE).group(1).split()
    assert [word for word in words if not re.search(rf"^{word}:.* ## \S", text, re.MULTILINE)] == []
