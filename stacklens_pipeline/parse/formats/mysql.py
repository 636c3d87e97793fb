"""MySQL and MariaDB: the error log of all versions, and the entries of the slow query log.

Error lines are `2026-11-24T04:00:00.123456Z 0 [System] [MY-010116] [Server] text` (8), the same without code and
subsystem (5.7), with a local time (5.6, MariaDB), or begin with `YYMMDD HH:MM:SS` (5.5 and before). An entry of the slow
log has several lines: `# Time:`, which may be left out, `# User@Host:`, `# Query_time:`, and the statement. Source: MySQL's
reference manual, chapter "MySQL Server Logs".
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout

_LEVEL = "(?i:System|Note|Warning|Error|Fatal)"
_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T| {1,2})[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_OLD_TIME = r"[0-9]{6} {1,2}[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
_OLD_WORDS = r"\[(?:Note|Warning|ERROR)\]|mysqld(?:_safe)?|InnoDB:|Plugin"

MYSQL = Layout(
    "mysql",
    (
        rf"(?P<time>{_TIME}) +(?P<tid>[0-9]+) \[(?P<level>{_LEVEL})\] \[(?P<code>[A-Z]+-[0-9]+)\] \[(?P<logger>[^\]]*)\]",
        rf"(?P<time>{_TIME}) +(?P<tid>[0-9]+) \[(?P<level>{_LEVEL})\]",
        rf"(?P<time>{_OLD_TIME}) +(?:\[(?P<level>{_LEVEL})\])?",
    ),
    members={"code": "error.code"},
    goes_on=True,
).format(rf"^(?:{_TIME} +[0-9]+ \[{_LEVEL}\]|{_OLD_TIME} +(?:{_OLD_WORDS}))", first="0123456789")

_ENTRY = r"(?:# Time: (?P<time>[^\n]*)(?:\n|$))?(?:# User@Host: (?P<account>[^\n]*)(?:\n|$))?(?P<measures>(?:# [^\n]*(?:\n|$))*)"
_ACCOUNT = (
    r"^(?P<user>[^\[ ]*)(?:\[[^\]]*\])? *@ *(?P<host>[^ \[]*)? *(?:\[(?P<address>[^\]]*)\])?(?: +Id: +(?P<tid>[0-9]+))?"
)
_STATEMENT = (
    r"^(?:use (?P<db>[^;\n]*);\s*)?(?:SET timestamp=(?P<epoch>[0-9]+)(?:\.[0-9]+)?;\s*)?(?P<statement>(?s:.*))$"
)
_MEASURES = {
    "query_time_number": "Query_time",
    "lock_time_number": "Lock_time",
    "rows_sent_number": "Rows_sent",
    "rows_examined_number": "Rows_examined",
    "rows_affected_number": "Rows_affected",
}


def _entry(fields: pl.DataFrame) -> list[pl.Expr]:
    """Who sent what, and when."""
    account, said = groups_of(fields["account"], _ACCOUNT), groups_of(fields["body"], _STATEMENT)
    measures = fields["measures"]
    statement = said["statement"].to_frame("s").select(pl.col("s").str.strip_chars().replace("", None)).to_series()
    schema = measures.str.extract("Schema: ([^ \n]+)", 1)
    heads = pl.concat_str(pl.lit("# User@Host: "), "account", pl.lit("\n"), "measures").str.strip_chars_end()
    return [
        pl.coalesce("time", pl.lit(said["epoch"])).alias("time"),
        pl.lit(account["user"]).alias("user"),
        pl.lit(account["tid"]).alias("tid"),
        pl.coalesce(pl.lit(account[name]).replace("", None) for name in ("address", "host")).alias("client_address"),
        pl.coalesce(pl.lit(said["db"]), pl.lit(schema)).alias("db"),
        pl.coalesce(pl.lit(statement), heads, "body").alias("body"),
    ]


def _measured(fields: pl.DataFrame) -> list[pl.Expr]:
    """What the server measured; seconds, and counts of rows."""
    found = {group: fields["measures"].str.extract(rf"{name}: *([0-9.]+)", 1) for group, name in _MEASURES.items()}
    duration = found["query_time_number"].cast(pl.Float64, strict=False) * 1000
    return [pl.lit(duration).alias("duration_ms"), *(pl.lit(values).alias(group) for group, values in found.items())]


MYSQL_SLOW = Layout(
    "mysql_slow",
    (_ENTRY,),
    members={"user": "db.user", "db": "db.name", **{group: name.lower() for group, name in _MEASURES.items()}},
    more=(_entry, _measured),
    goes_on=True,
).format(r"^# (?:Time: [0-9]|User@Host: [^\n]*@)", first="#")
