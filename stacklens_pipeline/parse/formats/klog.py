"""klog and glog, which Kubernetes, Abseil and much of Google's C++ write: `I1124 04:00:00.123456 28133 klog.go:70] m`.

The time has no year in klog and the whole date in glog. Source: the packages' own documentation.
"""

import polars as pl

from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.line_layout import Layout
from stacklens_pipeline.parse.levels import numbers_of

_LEVELS = numbers_of({"I": "info", "W": "warning", "E": "error", "F": "fatal", "D": "debug", "V": "verbose"})
_CLOCK = " [0-9]{2}:[0-9]{2}:[0-9]{2}"


def _stripped(fields: pl.DataFrame) -> list[pl.Expr]:
    """The text without the blanks and line ends around it."""
    del fields
    return [pl.col("body").str.strip_chars(" \t\n")]


def _format(name: str, date: str) -> Format:
    begins = rf"\s*[IWEFDV]{date}{_CLOCK}"
    head = (
        rf"\s*(?P<level>[IWEFDV])(?P<time>{date}{_CLOCK}(?:\.[0-9]{{1,9}})?) +(?P<tid>[0-9]{{1,19}})"
        r" (?P<file>[^ \n:]+):(?P<line>[0-9]+)\]"
    )
    return Layout(name, (head,), words=_LEVELS, more=(_stripped,), goes_on=True).format(begins, head, first="IWEFDV \n")


KLOG, GLOG = _format("klog", "[0-9]{4}"), _format("glog", "[0-9]{8}")
