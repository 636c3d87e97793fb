"""Real lines of web servers, balancers and stores, and real lines of others that only resemble them."""

import json
from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest

from stacklens_pipeline.filters import opened
from stacklens_pipeline.parse import parse_lines
from tests.conformance.data import cases, path, reached
from tests.unit.parse.lines import raw

OURS = {"access", "aws_alb", "aws_elb", "aws_s3", "aws_vpc", "cef", "leef", "logfmt", "uwsgi", "w3c"}
SAMPLES = {"access_log": "access", "elb_log": "aws_elb", "s3_log": "aws_s3", "uwsgi_log": "uwsgi"}


def parsed(name: str, most: int | None = None) -> pl.DataFrame:
    with opened(str(path(name))) as stream:
        lines = [line.rstrip(b"\r\n") for line in stream.readlines()[:most]]
    return parse_lines(raw([line for line in lines if line])).parsed


def test_ten_thousand_lines_count_as_an_independent_script_counts_them() -> None:
    truth = json.loads(path("access-logs/elastic_apache_10k.truth.json").read_text())
    found = parsed("access-logs/elastic_apache_10k.log.zst")
    # the script gave up on one line, whose last quotation mark is missing
    assert set(found["format"]) == {"access"}
    assert found.height == truth["lines"]
    more = Counter(found["http_status"].cast(pl.String).to_list()) - Counter(truth["status"])
    assert more.total() == truth["unparsed"]
    assert (Counter(found["http_method"].to_list()) - Counter(truth["methods"])).total() == truth["unparsed"]
    assert found["client_address"].n_unique() == truth["unique_ips"]
    first = truth["windows"]["60"][0]
    start = datetime.fromisoformat(first["start"])
    in_window = found.filter(pl.col("timestamp").is_between(start, start.replace(minute=start.minute + 1), "left"))
    assert (in_window.height, in_window["bytes_sent"].sum()) == (first["count"], first["bytes"])


@pytest.mark.parametrize("name", ["zanbil_nginx_70k", "scan_w3af", "scan_acunetix"])
def test_all_lines_of_web_servers_are_whole(name: str) -> None:
    found = parsed(f"access-logs/{name}.log.zst", 5_000)
    assert set(found["format"]) == {"access"}
    assert set(found["timestamp_source"]) == {"clf"}
    assert found.select(pl.col("client_address", "http_status", "body").null_count()).row(0) == (0, 0, 0)


def test_sample_lines_of_each_format_are_recognised() -> None:
    samples = [case for case in cases("lnav-samples/samples.jsonl") if case["format"] in SAMPLES]
    wrong = []
    for case in samples:
        (row,) = parse_lines(raw([case["input"].encode()])).parsed.to_dicts()
        if row["format"] != SAMPLES[case["format"]] or row["timestamp_source"] == "observed":
            wrong.append((case["id"], row["format"], row["timestamp_source"]))
    reached("sample lines of web servers, balancers and stores", wrong, len(samples), 1.0)


@pytest.mark.parametrize(
    "name", ["Android", "Apache", "BGL", "HDFS", "HPC", "Hadoop", "Linux", "OpenSSH", "Windows", "Zookeeper"]
)
def test_lines_of_applications_are_none_of_these(name: str) -> None:
    found = parsed(f"loghub/{name}/{name}_2k.log")
    assert OURS.isdisjoint(found["format"])


def test_times_are_in_utc() -> None:
    found = parsed("access-logs/zanbil_nginx_70k.log.zst", 1)
    assert found["timestamp"].to_list() == [datetime(2019, 1, 26, 16, 15, 25, tzinfo=UTC)]
