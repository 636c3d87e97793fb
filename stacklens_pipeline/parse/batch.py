"""One batch of raw lines: read messages, join lines, parse each share, and account for every message."""

from dataclasses import dataclass, fields

import polars as pl

from stacklens_pipeline.parse import multiline, reading
from stacklens_pipeline.parse.multiline import NOWHERE
from stacklens_pipeline.parse.rules import UNCONFIGURED, Parsers, Rules
from stacklens_pipeline.parse.shares import Share, parse_shares
from stacklens_pipeline.tables import DEAD_LETTERS

DETAILS = {
    **reading.DETAILS,
    "empty": "the message has no text, and there is no record before it that it could belong to",
    "parser_failed": "no parser could cope with the message",
    "over_length": "the message is longer than patterns of Grok are tried on",
    "over_budget": "a pattern of Grok took longer with the message than its budget",
}
KEY = ["topic", "partition", "offset"]
LINE_COLUMNS = ("topic", "partition", "offset", "ingest_hour", "appended_at", "value_bytes", "record_offset")


@dataclass(frozen=True)
class Parsed:
    """What a batch became.

    `parsed` and `rejected` have the schemas of `parsed/logs` and `parsed/dead_letters`. `line_records` has one row for
    each message that became (part of) a record: `LINE_COLUMNS`, how many `records` begin with it, and `messages`, 1 or,
    when a rule left its first record out, 0. `filtered` has one row for each record that a rule left out, with the
    `rule`, its `raw_messages` and `value_bytes`; `notes` one for each redaction and broken promise (see `rules`).
    """

    parsed: pl.DataFrame
    rejected: pl.DataFrame
    line_records: pl.DataFrame
    filtered: pl.DataFrame
    notes: pl.DataFrame


def parse_lines(raw: pl.DataFrame, parsers: Parsers = UNCONFIGURED, resumed: multiline.Resumed = NOWHERE) -> Parsed:
    """Parse rows of `raw/logs`, ordered by offset within each partition; no line, however strange, raises.

    They are taken for whole records: lines of records that may still grow are set apart before (`cut`). Lines before
    `resumed` are those of records that were open.
    """
    lines = multiline.with_joined(raw, resumed)
    parts = [_parse(part, rules, parsers.version) for rules, part in parsers.split(lines)]
    if len(parts) == 1:
        return parts[0]
    return Parsed(**{each.name: pl.concat(getattr(part, each.name) for part in parts) for each in fields(Parsed)})


def _parse(raw: pl.DataFrame, rules: Rules, version: str) -> Parsed:
    every = reading.read_messages(raw, rules)
    dead = every.filter(pl.col("reason").is_not_null())
    lines, blank = multiline.assign(every.filter(pl.col("reason").is_null()) if dead.height else every)
    share = parse_shares(multiline.join_lines(lines), rules, version)
    lines, share, refused = _without_refused(lines, share)
    rejected = [
        _dead_letters(dead, version),
        _dead_letters(blank.with_columns(reason=pl.lit("empty")), version),
        _dead_letters(refused, version),
    ]
    filtered = _with_bytes(share.filtered, lines)
    return Parsed(share.records, pl.concat(rejected), _line_records(lines, share), filtered, share.notes)


def _without_refused(lines: pl.DataFrame, share: Share) -> tuple[pl.DataFrame, Share, pl.DataFrame]:
    """The lines and the share without messages that failed or break a contract, and the lines of those.

    A message that holds several records is refused with all of them.
    """
    if not share.failed.height and not share.refused.height:
        return lines, share, lines.clear().with_columns(detail=pl.lit(""))
    failed = share.failed.select(KEY).with_columns(reason=pl.lit("parser_failed"), detail=pl.lit(None, pl.String))
    broken = share.refused.select(*KEY, "reason", "detail")
    refused = pl.concat([failed, broken]).unique(KEY, keep="first", maintain_order=True)
    here = {"left_on": multiline.RECORD, "right_on": KEY, "maintain_order": "left"}
    of_refused = lines.drop("reason").join(refused, how="inner", **here)  # type: ignore[arg-type]
    kept = {
        name: getattr(share, name).join(refused, on=KEY, how="anti", maintain_order="left")
        for name in ("records", "filtered", "notes")
    }
    share = Share(failed=share.failed, refused=share.refused, **kept)
    return lines.join(refused, how="anti", **here), share, of_refused  # type: ignore[arg-type]


def _line_records(lines: pl.DataFrame, share: Share) -> pl.DataFrame:
    """One row a message that became (part of) a record; see `Parsed`."""
    is_first = (pl.col("offset") == pl.col("record_offset")).cast(pl.Int64)
    messages = pl.lit(1, pl.Int64).alias("messages")
    has_several = (lines["line_index"] > 0).any()
    if not has_several and not share.filtered.height:
        return lines.select(*LINE_COLUMNS, is_first.alias("records"), messages)
    begun = share.records.group_by(KEY).agg(pl.len().cast(pl.Int64).alias("records"))
    left_out = share.filtered.filter(pl.col("raw_messages") > 0).select(KEY).with_columns(messages=pl.lit(0, pl.Int64))
    of = lines.filter(pl.col("line_index") == 0).join(begun, on=KEY, how="left", maintain_order="left")
    of = of.join(left_out, left_on=multiline.RECORD, right_on=KEY, how="left", maintain_order="left")
    of = of.with_columns(pl.col("records").fill_null(0), pl.col("messages").fill_null(1))
    size = pl.when(pl.col("messages") > 0).then("value_bytes").otherwise(0).alias("value_bytes")
    return (
        of.with_columns(size)
        .filter((pl.col("records") > 0) | (pl.col("messages") > 0))
        .select(*LINE_COLUMNS, "records", "messages")
    )


def _with_bytes(filtered: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Records that were left out, with the bytes of all their messages."""
    if not filtered.height:
        return filtered.with_columns(pl.lit(0, pl.Int64).alias("value_bytes"))
    sizes = lines.group_by(multiline.RECORD).agg(pl.col("value_bytes").sum())
    found = filtered.join(sizes, left_on=KEY, right_on=multiline.RECORD, how="left", maintain_order="left")
    return found.with_columns(pl.when(pl.col("raw_messages") > 0).then("value_bytes").otherwise(0))


def _dead_letters(dead: pl.DataFrame, version: str) -> pl.DataFrame:
    """Lines that have a `reason`, and may have a `detail`, as dead letters: one for each message."""
    if not dead.height:
        return DEAD_LETTERS.empty()
    usual = pl.col("reason").replace_strict(DETAILS, default=None, return_dtype=pl.String)
    detail = pl.coalesce("detail", usual) if "detail" in dead.columns else usual
    return dead.filter(pl.col("line_index") == 0).select(
        *KEY,
        "ingest_hour",
        "reason",
        pl.lit("parse").alias("stage"),
        detail.alias("detail"),
        "value",
        pl.col("appended_at").alias("observed_timestamp"),
        pl.lit(version).alias("parser_version"),
        *("source", "peer", "protocol", "tenant"),
    )
