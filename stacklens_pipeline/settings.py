"""The settings tree, and the only reader of the environment.

Every setting is `STACKLENS_<NAME>`, nested names joined by two underscores: `STACKLENS_COLLECT__HTTP_PORT=8006`.
It is built at the edges (command line, code locations) and handed down as values.
"""

import difflib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from stacklens_pipeline.errors import ConfigurationError

PREFIX = "STACKLENS_"
DELIMITER = "__"


class KafkaSettings(BaseModel):
    """Where Kafka is, and how to speak to it. Without `bootstrap_servers` the embedded event log is used."""

    bootstrap_servers: str | None = Field(None, description="comma-separated host:port; empty: the embedded event log")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = Field(
        None, description="with SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"
    )
    sasl_username: str | None = Field(None, description="for PLAIN and SCRAM")
    sasl_password: SecretStr | None = Field(None, description="for PLAIN and SCRAM")
    oauth_token_url: str | None = Field(None, description="OIDC token endpoint, for OAUTHBEARER")
    oauth_client_id: str | None = Field(None, description="for OAUTHBEARER")
    oauth_client_secret: SecretStr | None = Field(None, description="for OAUTHBEARER")
    oauth_scope: str | None = Field(None, description="for OAUTHBEARER, where the endpoint wants one")
    ssl_ca_file: Path | None = Field(
        None, description="PEM file of the authority that signed the brokers' certificates"
    )
    ssl_certificate_file: Path | None = Field(None, description="PEM file of the client's certificate")
    ssl_key_file: Path | None = Field(None, description="PEM file of the client's key")
    ssl_key_password: SecretStr | None = Field(None, description="of the client's key, where it has one")
    group_id: str = Field("stacklens", description="consumer group that shows the lag to Kafka's own tools")
    request_timeout_s: float = Field(15.0, gt=0, description="how long a broker may stay silent")

    @model_validator(mode="after")
    def _complete(self) -> "KafkaSettings":
        if self.security_protocol.startswith("SASL") and self.sasl_mechanism is None:
            raise ValueError(f"sasl_mechanism is needed with security_protocol {self.security_protocol}")
        if self.sasl_mechanism == "OAUTHBEARER" and not self.oauth_token_url:
            raise ValueError("oauth_token_url is needed with sasl_mechanism OAUTHBEARER")
        if self.sasl_mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512") and not self.sasl_username:
            raise ValueError(f"sasl_username is needed with sasl_mechanism {self.sasl_mechanism}")
        return self


def _listed(value: object) -> object:
    """A variable's text as a list: names with commas between them, or JSON."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.startswith("[") else [name.strip() for name in value.split(",")]


class IngestSettings(BaseModel):
    """Which topics are read, from where on, and how large a microbatch is."""

    topics: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        ("raw-logs", "collected-logs"), description="names, or regular expressions that begin with ^"
    )
    start: Literal["earliest", "latest"] | datetime = Field(
        "earliest", description="where a partition begins that was never read: earliest, latest or an RFC 3339 time"
    )
    max_rows: int = Field(131_072, ge=1, description="rows of a microbatch at most")
    max_bytes: int = Field(20 * 2**20, ge=2**20, description="value bytes of a microbatch at most")
    workers: int = Field(
        2, ge=0, le=32, description="processes that work off a backlog, about 350 MB each; 0: the drain does it alone"
    )
    backlog_rows: int = Field(500_000, ge=1, description="from so many unread messages on, workers are started")
    interval_s: float = Field(1.0, ge=0, description="a microbatch about every so many seconds while lines arrive")
    budget_s: float = Field(300.0, gt=0, description="how long one drain works before its successor takes over")
    idle_s: float = Field(20.0, ge=0, description="a drain that saw no line for so long ends early")
    handover_s: float = Field(15.0, ge=0, description="the successor is started so long before the budget ends")


class CollectSettings(BaseModel):
    """The collector: what it listens on and where it writes."""

    host: str = Field("127.0.0.1", description="address to bind; 0.0.0.0 opens it to the network")
    http_port: int = Field(8006, ge=0, le=65535, description="POST /ingest; 0: any free port")
    syslog_tcp_port: int = Field(5514, ge=0, le=65535, description="syslog over TCP; 0: any free port")
    topic: str = Field("collected-logs", description="where it writes")
    max_request_bytes: int = Field(32 * 2**20, ge=1, description="body of one HTTP request, decompressed")
    max_line_bytes: int = Field(1_048_576, ge=1, description="longer lines are cut and marked with original_length")


class RetainSettings(BaseModel):
    """How long files and Dagster's own history are kept."""

    dagster_history_hours: float = Field(72.0, gt=0, description="older drain runs and their events are pruned")
    compact_files: int = Field(200, ge=2, description="a partition with more small files than this is compacted")
    compact_target_bytes: int = Field(64 * 2**20, ge=2**20, description="size of the files that it becomes")
    vacuum_hours: float = Field(
        2.0,
        ge=1,
        description="files that no snapshot needs are deleted after so long; not those that are being written",
    )
    eventlog_hours: float = Field(24.0, gt=0, description="how long the embedded event log keeps messages")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, env_ignore_empty=True, extra="forbid", frozen=True
    )

    data_dir: Path = Field(Path("data"), description="everything that is written lies below it")
    lake_uri: str | None = Field(
        None, description="the lake's root: a folder or an object store; default data_dir/lake"
    )
    storage_options: dict[str, str] = Field({}, repr=False, description="options of the object store, as JSON")
    config_dir: Path = Field(Path("config"), description="what `stacklens init` writes and the code locations read")
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    collect: CollectSettings = Field(default_factory=CollectSettings)
    retain: RetainSettings = Field(default_factory=RetainSettings)

    @property
    def lake_root(self) -> str:
        """The lake's root as a URI or an absolute path."""
        return self.lake_uri or str((self.data_dir / "lake").resolve())

    @property
    def eventlog_path(self) -> Path:
        """The embedded event log's SQLite file."""
        return (self.data_dir / "eventlog" / "log.sqlite").resolve()

    @property
    def marts_path(self) -> Path:
        """The DuckDB file that analysts open."""
        return (self.data_dir / "marts.duckdb").resolve()

    @cached_property
    def is_kafka(self) -> bool:
        """Whether the event log is Kafka."""
        return bool(self.kafka.bootstrap_servers)


def load_settings() -> Settings:
    """The settings of this process's environment.

    Raises ConfigurationError for an unknown `STACKLENS_*` variable (naming the nearest known one) and for a bad value.
    """
    refuse_unknown(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(_first_problem(error)) from None  # the cause would print what is secret
    except SettingsError as error:
        raise ConfigurationError(f"a setting is not the JSON that it should be, {error.__cause__}: {error}") from None


def variables(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[tuple[str, object, str]]:
    """Every variable with its default and description."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from variables(kind, f"{prefix}{name.upper()}{DELIMITER}")
        else:
            yield prefix + name.upper(), info.get_default(call_default_factory=True), info.description or ""


def refuse_unknown(environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError if a `STACKLENS_*` name is none that we read: pydantic would ignore it silently."""
    known = [name for name, _, _ in variables()]
    for name in environment:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise ConfigurationError(f"unknown setting {name}{_suggestion(name.upper(), known)}")


def foreign_environment() -> dict[str, str]:
    """This process's environment without settings of ours or Dagster's: what a child starts from."""
    return {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "DAGSTER_"))}


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that make a child process see these settings (secrets included; hand it to nobody else)."""
    return dict(_flatten(settings, PREFIX))


def _flatten(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(model).model_fields:
        value, variable = getattr(model, name), prefix + name.upper()
        match value:
            case None:
                continue
            case BaseModel():
                yield from _flatten(value, variable + DELIMITER)
            case SecretStr():
                yield variable, value.get_secret_value()
            case dict() | tuple():
                yield variable, _json(value)
            case datetime():
                yield variable, value.isoformat()
            case _:
                yield variable, str(value)


def _json(value: object) -> str:
    import orjson

    return orjson.dumps(value).decode()


def _suggestion(name: str, known: Iterable[str]) -> str:
    own = [variable.removeprefix(PREFIX) for variable in known]  # the prefix that all share would make any two alike
    near = difflib.get_close_matches(name.removeprefix(PREFIX), own, n=1, cutoff=0.6)
    return f", did you mean {PREFIX}{near[0]}?" if near else "; docs/reference/settings.md lists those that there are"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    name = PREFIX + DELIMITER.join(str(part) for part in problem["loc"]).upper()
    if isinstance(problem["input"], Mapping):  # a whole group of settings, with its secrets
        return f"{name}: {problem['msg']}"
    return f"{name}: {problem['msg']}: `{problem['input']}`"
