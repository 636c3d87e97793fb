"""Records of `enriched/logs` for the tests of this folder, as hypothesis strategies and by hand."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from stacklens_pipeline.tables import ENRICHED_LOGS, LEVELS

START = datetime(2026, 11, 24, 3, 58, tzinfo=UTC)
DURATIONS = st.one_of(
    st.none(),
    st.floats(0.001, 1e7),
    st.sampled_from([0.0, -1.0, 0.1, 5e-324, float("nan"), float("inf"), float("-inf"), 1e300]),
)

RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "ingest_hour": st.sampled_from(["2026-11-24T03", "2026-11-24T04"]),
            "timestamp": st.integers(0, 600_000_000).map(lambda us: START + timedelta(microseconds=us)),
            "observed_timestamp": st.integers(0, 60).map(lambda s: START + timedelta(seconds=s)),
            "source": st.sampled_from(["shop", None]),
            "service_name": st.sampled_from(["cart", "pay", None]),
            "level": st.sampled_from([*LEVELS, None, "odd"]),
            "http_status": st.sampled_from([None, 200, 404, 500, 503]),
            "http_method": st.sampled_from(["GET", None]),
            "url_path": st.sampled_from(["/a", "/b", None]),
            "duration_ms": DURATIONS,
            "bytes_sent": st.one_of(st.none(), st.integers(0, 2**40)),
        }
    ),
    max_size=40,
)


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """A frame of `enriched/logs`; columns that a row does not name are null."""
    return pl.DataFrame(rows, schema=ENRICHED_LOGS.schema) if rows else ENRICHED_LOGS.empty()


def record(**fields: object) -> dict[str, object]:
    """One record of the cart service at the start of the test's window."""
    plain = {"ingest_hour": "2026-11-24T04", "timestamp": START, "observed_timestamp": START, "source": "shop"}
    return {**plain, "service_name": "cart", "level": "INFO", **fields}
