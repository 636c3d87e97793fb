"""SSSD's debug logs: `(2022-06-08  8:52:40): [be[example.com]] [sysdb_add_user] (0x0040): text`.

The level is a bit mask. Source: sssd.conf(5), "debug_level".
"""

from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_MASKS = dict(zip(("0010", "0020", "0040", "0080"), ("fatal", "critical", "error", "warning"), strict=True)) | {
    **dict.fromkeys(("0100", "0200"), "info"),
    **dict.fromkeys(("0400", "1000"), "debug"),
    **dict.fromkeys(("2000", "4000", "10000", "20000"), "trace"),
}
_NESTED = r"\[(?P<logger>(?:[^\[\]\n]|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])*)\]"
_HEAD = r"\((?P<time>[^()\n]{8,40})\):? "

SSSD = Layout(
    "sssd",
    (rf"{_HEAD}{_NESTED} \[(?P<function>[^\]\n]+)\] \(0x(?P<level>[0-9a-f]+)\):",),
    words=numbers_of(_MASKS),
    goes_on=True,
).format(r"\([^()\n]*[0-9]\):? \[", rf"{_HEAD}{_NESTED} \[[^\]\n]+\] \(0x[0-9a-f]{{4,5}}\): ", first="(")
