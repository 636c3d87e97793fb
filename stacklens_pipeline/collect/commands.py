"""`stacklens collect`."""


def collect() -> None:
    """Take lines over HTTP (POST /ingest) and syslog (TCP) into the event log, until Ctrl-C."""
    from stacklens_pipeline.collect.server import collect as serve
    from stacklens_pipeline.settings import load_settings

    serve(load_settings())
