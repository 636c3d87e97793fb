"""Settings to librdkafka's configuration."""

from typing import Any

from stacklens_pipeline.settings import KafkaSettings


def client_config(settings: KafkaSettings) -> dict[str, Any]:
    """What every client needs: where the brokers are, and how to speak to them."""
    secrets = {
        "sasl.password": settings.sasl_password,
        "sasl.oauthbearer.client.secret": settings.oauth_client_secret,
        "ssl.key.password": settings.ssl_key_password,
    }
    values = {
        "bootstrap.servers": settings.bootstrap_servers,
        "security.protocol": settings.security_protocol,
        "sasl.mechanism": settings.sasl_mechanism,
        "sasl.username": settings.sasl_username,
        "sasl.oauthbearer.method": "oidc" if settings.oauth_token_url else None,
        "sasl.oauthbearer.token.endpoint.url": settings.oauth_token_url,
        "sasl.oauthbearer.client.id": settings.oauth_client_id,
        "sasl.oauthbearer.scope": settings.oauth_scope,
        "ssl.ca.location": _path(settings.ssl_ca_file),
        "ssl.certificate.location": _path(settings.ssl_certificate_file),
        "ssl.key.location": _path(settings.ssl_key_file),
        **{name: None if secret is None else secret.get_secret_value() for name, secret in secrets.items()},
        "socket.timeout.ms": int(settings.request_timeout_s * 1000),
        "log_level": 2,  # what matters comes as an error
    }
    return {name: value for name, value in values.items() if value is not None}


def consumer_config(settings: KafkaSettings) -> dict[str, Any]:
    """A consumer that is assigned and never subscribed, and that trusts no byte unchecked."""
    return {
        **client_config(settings),
        "group.id": settings.group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "check.crcs": True,
        "allow.auto.create.topics": False,
        "fetch.wait.max.ms": 100,
        "queued.min.messages": 100_000,
    }


def producer_config(settings: KafkaSettings) -> dict[str, Any]:
    """A producer that loses and doubles nothing on its own."""
    return {
        **client_config(settings),
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "zstd",
        "linger.ms": 20,
        "batch.size": 1_000_000,
        "message.max.bytes": 2_000_000,  # a value of 1 MiB with its key and headers
        "delivery.timeout.ms": int(settings.request_timeout_s * 2000),
        "request.timeout.ms": int(settings.request_timeout_s * 1000),
    }


def _path(value: object) -> str | None:
    return None if value is None else str(value)
