"""MySQL and MariaDB: the error log of all versions, and the entries of the slow query log.

Error lines are `2026-11-24T04:00:00.123456Z 0 [System] [MY-010116] [Server] text` (8), the same without code and
subsystem (5.7), with a local time (5.6, MariaDB), or begin with `YYMMDD HH:MM:SS` (5.5 and before). An entry of the
slow log has several lines: `# Time:`, which may be left out, `# User@Host:`, `# Query_time:`, and the statement.
Source: MySQL's reference manual, chapter "MySQL Server Logs".
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout

_LEVEL = "(?i:System|Note|Warning|Error|Fatal)"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = _DATE + r"(?:T| {1,2})[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_THREAD = rf"(?P<time>{_TIME}) +(?P<tid>[0-9]+) \[(?P<level>{_LEVEL})\]"
_OLD_TIME = "[0-9]{6} {1,2}[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
_OLD_WORDS = r"\[(?:Note|Warning|ERROR)\]|mysqld(?:_safe)?|InnoDB:|Plugin"

MYSQL = Layout(
    "mysql",
    (
        rf"{_THREAD} \[(?P<code>[A-Z]+-[0-9]+)\] \[(?P<logger>[^\]]*)\]",
        _THREAD,
        rf"(?P<time>{_OLD_TIME}) +(?:\[(?P<level>{_LEVEL})\])?",
    ),
    members={"code": "error.code"},
    goes_on=True,
).format(
    rf"{_TIME} +[0-9]+ \[|{_OLD_TIME} ",
    rf"{_TIME} +[0-9]+ \[{_LEVEL}\]|{_OLD_TIME} +(?:{_OLD_WORDS})",
    first="0123456789",
)

_END = r"(?:\n|$)"
_ENTRY = (
    rf"(?:# Time: (?P<time>[^\n]*){_END})?(?:# User@Host: (?P<account>[^\n]*){_END})?"
    rf"(?P<measures>(?:# [^\n]*{_END})*)"
)
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
    schema = fields["measures"].str.extract("Schema: ([^ \n]+)", 1)
    addresses = (pl.lit(account[name].replace("", None)) for name in ("address", "host"))
    return [
        pl.coalesce("time", pl.lit(said["epoch"])).alias("time"),
        *(pl.lit(account[name]).alias(name) for name in ("user", "tid")),
        pl.coalesce(addresses).alias("client_address"),
        pl.coalesce(pl.lit(said["db"]), pl.lit(schema)).alias("db"),
        pl.lit(said["statement"]).fill_null("").str.strip_chars().alias("body"),
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
).format("# (?:Time|User@Host): ", r"# (?:Time: [0-9]|User@Host: [^\n]*@)", first="#")
