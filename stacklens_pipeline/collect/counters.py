"""What the collector counts, in Prometheus' text format."""

from collections import Counter


class Counters:
    """Lines taken by protocol, what was refused by reason, and lines redacted by rule."""

    def __init__(self, redacted: Counter[str] | None = None) -> None:
        self.lines: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.redacted: Counter[str] = Counter() if redacted is None else redacted

    def text(self) -> str:
        """The counters for a scrape."""
        rows = [
            "# HELP stacklens_collect_lines_total Lines that the event log has taken.",
            "# TYPE stacklens_collect_lines_total counter",
        ]
        rows += [f'stacklens_collect_lines_total{{protocol="{k}"}} {n}' for k, n in sorted(self.lines.items())]
        rows += [
            "# HELP stacklens_collect_refused_total Requests and connections that were refused.",
            "# TYPE stacklens_collect_refused_total counter",
        ]
        rows += [f'stacklens_collect_refused_total{{reason="{k}"}} {n}' for k, n in sorted(self.refused.items())]
        rows += [
            "# HELP stacklens_collect_redacted_total Lines in which a rule marked before_log has redacted something.",
            "# TYPE stacklens_collect_redacted_total counter",
        ]
        rows += [f'stacklens_collect_redacted_total{{rule="{k}"}} {n}' for k, n in sorted(self.redacted.items())]
        return "\n".join(rows) + "\n"
