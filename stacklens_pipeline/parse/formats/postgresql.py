"""PostgreSQL's log: lines with the usual forms of `log_line_prefix`, and csvlog. Its jsonlog is JSON.

Two blanks stand between the level and the text; what is before the level is as somebody configured it, so that it is
searched for what can be told by its looks: the process in brackets, `user@database`, `key=value`. Further lines of a
message begin with a tab. Source: PostgreSQL's documentation, chapter "Error Reporting and Logging".
"""

import polars as pl

from stacklens_pipeline.parse.formats.groups import groups_of
from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_SAID = ("LOG", "DETAIL", "HINT", "STATEMENT", "CONTEXT", "QUERY", "LOCATION", "INFO")
_LEVELS = numbers_of(
    {
        **dict.fromkeys(_SAID, "info"),
        **{f"DEBUG{n}": "debug" for n in range(1, 6)},
        **{"DEBUG": "debug", "NOTICE": "notice", "WARNING": "warning"},
        **{"ERROR": "error", "FATAL": "fatal", "PANIC": "panic"},
    }
)
_LEVEL = "|".join(_LEVELS)
_ZONE = " (?:[A-Z]{2,4}T|UTC|MSK|Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
_TIME = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?{_ZONE}"
_PATTERN = rf"<?(?P<time>{_TIME.replace(_ZONE, ' (?:[A-Z]+|[+-][0-9:]+)')})"
_ONE_BLANK = rf"(?s)^(?P<prefix>[^\n]*?[ :\]])(?P<level>{_LEVEL}): {{1,2}}(?P<body>.*)$"

_PID = r"\[([0-9]+)(?:-[0-9]+)?\]"
_USER_AT_DATABASE = r"(?:^|[ :])(?P<user>[^ @:=,\[\]]+)@(?P<db>[^ @:=,\[\]]+)(?:[ :]|$)"
_CLIENT = r"^:([0-9A-Fa-f.:]+)\([0-9]+\):"
_KEYS = {"user": "(?:user|u)", "db": "(?:db|database|d)", "app": "(?:app|application|a)", "client": "(?:client|host|h)"}
_QUOTED = '"((?:[^"]|"")*)"'


def _split(fields: pl.DataFrame) -> list[pl.Expr]:
    """The prefix, the level and the text, at the two blanks; at the first level where there is one blank only."""
    parts = (
        fields["body"].str.strip_prefix(">").str.splitn(":  ", 2).struct.rename_fields(["head", "text"]).struct.unnest()
    )
    level = parts["head"].str.extract(rf"[ :\]>]({_LEVEL})$", 1).alias("level")
    found = pl.DataFrame([parts["head"].alias("prefix"), level, parts["text"].alias("body")])
    missed = found["level"].is_null() | found["body"].is_null()
    if missed.any():
        others = groups_of(fields["body"].filter(missed), _ONE_BLANK)
        places = missed.arg_true()
        found = found.with_columns(found[name].clone().scatter(places, others[name]) for name in found.columns)
    return [pl.lit(found[name]).alias(name) for name in found.columns]


def _prefix(fields: pl.DataFrame) -> list[pl.Expr]:
    """What the prefix says in a form that can be told."""
    prefix = fields["prefix"]
    at, keys = groups_of(prefix, _USER_AT_DATABASE), dict[str, pl.Series]()
    if prefix.str.contains("=", literal=True).any():
        keys = {
            name: prefix.str.extract(rf"(?:^|[ ,\[(]){key}=(\[[^\]]*\]|[^, \])]+)", 1) for name, key in _KEYS.items()
        }
    client = pl.coalesce(pl.lit(prefix.str.extract(_CLIENT, 1)), *(pl.lit(keys[n]) for n in keys if n == "client"))
    return [
        pl.lit(prefix.str.extract(_PID, 1)).alias("pid"),
        *(pl.coalesce(pl.lit(at[n]), *([pl.lit(keys[n])] if keys else [])).alias(n) for n in ("user", "db")),
        *([pl.lit(keys["app"]).alias("app")] if keys else []),
        pl.when(~client.str.starts_with("[")).then(client).alias("client_address"),
    ]


def _unquoted(fields: pl.DataFrame) -> list[pl.Expr]:
    """The fields of csvlog without the quotation marks that are doubled in them."""
    client = pl.col("client").str.replace(":[0-9]+$", "")
    return [
        pl.col("user", "db", "body").str.replace_all('""', '"', literal=True),
        pl.when(~client.str.starts_with("[")).then(client).alias("client_address"),
    ]


def _known(fields: pl.DataFrame) -> list[pl.Expr]:
    """How long a statement took, and no names of what is not known."""
    del fields
    return [
        pl.col("body").str.extract(r"^duration: ([0-9.]+) ms", 1).alias("duration_ms"),
        *(pl.when(pl.col(name) != "[unknown]").then(pl.col(name)).alias(name) for name in ("user", "db")),
    ]


_MEMBERS = {"user": "db.user", "db": "db.name", "app": "application_name", "state": "db.response.status_code"}
_TEST = rf"^<?{_TIME}[:> ](?:[^\n]*[ :\]])?(?:{_LEVEL}): "

POSTGRESQL = Layout(
    "postgresql", (_PATTERN,), members=_MEMBERS, words=_LEVELS, more=(_split, _prefix, _known), goes_on=True
).format(_TEST, first="<12")

_CSV = (
    rf"(?P<time>{_TIME}),(?:{_QUOTED.replace('(', '(?P<user>', 1)})?,(?:{_QUOTED.replace('(', '(?P<db>', 1)})?,"
    r'(?P<pid>[0-9]*),(?:"(?P<client>[^"]*)")?,(?P<session>[^,]*),[0-9]*,(?:"[^"]*")?,[^,]*,[^,]*,[0-9]*,'
    rf"(?P<level>{_LEVEL}),(?P<state>[0-9A-Z]{{5}}),(?:{_QUOTED.replace('(', '(?P<body>', 1)})?"
)
POSTGRESQL_CSV = Layout(
    "postgresql_csv", (_CSV,), members=_MEMBERS, words=_LEVELS, more=(_unquoted, _known), goes_on=True
).format(rf'^{_TIME},(?:"[^"]*")?,(?:"[^"]*")?,[0-9]*,', first="12")
