"""klog and glog, which Kubernetes, Abseil and much of Google's C++ write: `I1124 04:00:00.123456 28133 klog.go:70] text`.

The time has no year in klog and the whole date in glog. Source: the packages' own documentation.
"""

from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_LEVELS = numbers_of({"I": "info", "W": "warning", "E": "error", "F": "fatal", "D": "debug", "V": "verbose"})
_CLOCK = r" [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
_REST = r" +(?P<tid>[0-9]{1,19}) (?P<file>[^ \n:]+):(?P<line>[0-9]+)\]"


def _pattern(date: str) -> str:
    return rf"\s*(?P<level>[IWEFDV])(?P<time>{date}{_CLOCK}){_REST}"


def _test(date: str) -> str:
    return rf"^\s*[IWEFDV]{date} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}[. ][^\]\n]*:[0-9]+\]"


_MONTH_AND_DAY, _DATE = "[0-9]{4}", "[0-9]{8}"
_FIRST = "IWEFDV \n"
KLOG = Layout("klog", (_pattern(_MONTH_AND_DAY),), words=_LEVELS, goes_on=True).format(_test(_MONTH_AND_DAY), _FIRST)
GLOG = Layout("glog", (_pattern(_DATE),), words=_LEVELS, goes_on=True).format(_test(_DATE), _FIRST)
