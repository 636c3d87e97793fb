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
        **{word: word.lower() for word in ("DEBUG", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC")},
    }
)
_LEVEL = "|".join(_LEVELS)
_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_TIME = f"{_CLOCK} (?:[A-Z]{{2,4}}T|UTC|MSK|Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)"
_HEAD = f"<?(?P<time>{_CLOCK} (?:[A-Z]+|[+-][0-9:]+))"
_TO_TEXT = rf"^(?P<prefix>[^\n]*?[ :\]>])(?P<level>{_LEVEL}): {{1,2}}"

_PID = r"\[([0-9]+)(?:-[0-9]+)?\]"
_USER_AT_DATABASE = r"(?:^|[ :])(?P<user>[^ @:=,\[\]]+)@(?P<db>[^ @:=,\[\]]+)(?:[ :]|$)"
_CLIENT_AND_PORT = r"^:([0-9A-Fa-f.:]+)\([0-9]+\):"
_KEYS = {"user": "(?:user|u)", "db": "(?:db|database|d)", "app": "(?:app|application|a)", "client": "(?:client|host|h)"}
_VALUE = r"(\[[^\]]*\]|[^, \])]+)"


def _text(fields: pl.DataFrame) -> list[pl.Expr]:
    """The prefix, the level and the text: cut at the two blanks, or, where there is one only, at the first level."""
    parts = fields["body"].str.splitn(":  ", 2).struct.rename_fields(["head", "body"]).struct.unnest()
    level = parts["head"].str.extract(rf"[ :\]>]({_LEVEL})$", 1).alias("level")
    found = pl.DataFrame([parts["head"].alias("prefix"), level, parts["body"]])
    missed = (found["level"].is_null() | found["body"].is_null()).arg_true()
    if len(missed):
        texts = fields["body"].gather(missed)
        others = groups_of(texts, _TO_TEXT).with_columns(texts.str.replace(_TO_TEXT, "").alias("body"))
        found = found.with_columns(found[name].scatter(missed, others[name]) for name in found.columns)
    return [pl.lit(found[name]).alias(name) for name in found.columns]


def _prefix(fields: pl.DataFrame) -> list[pl.Expr]:
    """What the prefix says in a form that can be told."""
    prefix = fields["prefix"]
    at = groups_of(prefix, _USER_AT_DATABASE)
    found = {"pid": [prefix.str.extract(_PID, 1)], "user": [at["user"]], "db": [at["db"]]}
    found["client"] = [prefix.str.extract(_CLIENT_AND_PORT, 1)]
    if prefix.str.contains("=", literal=True).any():
        for name, key in _KEYS.items():
            found.setdefault(name, []).append(prefix.str.extract(rf"(?:^|[ ,\[(]){key}={_VALUE}", 1))
    return [pl.coalesce(map(pl.lit, values)).alias(name) for name, values in found.items()]


def _unquoted(fields: pl.DataFrame) -> list[pl.Expr]:
    """The fields of csvlog without the quotation marks that are doubled in them."""
    del fields
    doubled = pl.col("user", "db", "body").str.replace_all('""', '"', literal=True)
    return [doubled, pl.col("client").str.replace(":[0-9]+$", "")]


def _known(fields: pl.DataFrame) -> list[pl.Expr]:
    """How long a statement took, the client's address, and no names of what is not known."""
    unknown = ["[unknown]", "[local]"]
    named = {"user": "user", "db": "db", "app": "app", "client": "client_address"}
    return [
        pl.col("body").str.extract(r"^ *duration: ([0-9.]+) ms", 1).alias("duration_ms"),
        *(
            pl.when(~pl.col(name).is_in(unknown)).then(pl.col(name)).alias(group)
            for name, group in named.items()
            if name in fields.columns
        ),
    ]


_MEMBERS = {"user": "db.user", "db": "db.name", "app": "application_name", "state": "db.response.status_code"}

POSTGRESQL = Layout(
    "postgresql", (_HEAD,), members=_MEMBERS, words=_LEVELS, more=(_text, _prefix, _known), goes_on=True
).format(f"<?{_TIME}[:> ]", rf"<?{_TIME}[:> ](?:[^\n]*[ :\]>])?(?:{_LEVEL}): ", first="<12")


def _quoted(name: str) -> str:
    return f'(?:"(?P<{name}>(?:[^"]|"")*)")?'


_CSV = (
    rf"(?P<time>{_CLOCK} (?:[A-Z]+|[+-][0-9:]+)),{_quoted('user')},{_quoted('db')},(?P<pid>[0-9]*),{_quoted('client')},"
    rf'(?P<session>[^,]*),[0-9]*,(?:"[^"]*")?,[^,]*,[^,]*,[0-9]*,(?P<level>{_LEVEL}),(?P<state>[0-9A-Z]{{5}}),'
    rf"{_quoted('body')}"
)
POSTGRESQL_CSV = Layout(
    "postgresql_csv", (_CSV,), members=_MEMBERS, words=_LEVELS, more=(_unquoted, _known), goes_on=True
).format(f"{_TIME},", rf'{_TIME},(?:"[^"]*")?,(?:"[^"]*")?,[0-9]*,(?:"[^"]*")?,[0-9a-f]+\.[0-9a-f]+,', first="12")
