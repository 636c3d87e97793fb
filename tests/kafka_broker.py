"""A real Kafka broker for a session of tests, with a listener that asks for TLS and SCRAM: fixtures for conftests."""

import datetime as dt
import importlib.util
import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
USER, PASSWORD = "shop", "a-secret-of-the-test"


def _broker_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kafka_broker", ROOT / "deploy" / "kafka" / "broker.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def certificates() -> tuple[str, str, str]:
    """A private authority's certificate, and a broker's certificate for 127.0.0.1 with its key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = dt.datetime.now(dt.UTC)

    def signed(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey) -> str:
        is_authority = name == issuer
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    authority_key, broker_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = broker_key.private_bytes(pem, pkcs8, plain).decode()
    authority = signed("authority", authority_key, "authority", authority_key)
    return authority, signed("broker", broker_key, "authority", authority_key), key


@pytest.fixture(scope="session", name="broker_kit")
def _broker_kit(require: Callable[[str, bool, str], None]) -> ModuleType:
    """The module that starts brokers, with its jars fetched."""
    kit = _broker_module()
    missing = kit.missing_parts()
    require("Java 17 and Maven", not missing, f"install {', '.join(missing)} (make parts)")
    kit.fetched_jars()
    return kit


@pytest.fixture(scope="session", name="broker")
def _broker(broker_kit: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A running broker with a TLS and SCRAM listener; `authority` is the file of its certificate's authority."""
    folder = tmp_path_factory.mktemp("kafka")
    authority, certificate, key = certificates()
    (folder / "authority.pem").write_text(authority)
    tls = broker_kit.Tls(broker_kit.free_port(), certificate, key, {USER: PASSWORD})
    broker = broker_kit.Broker(folder / "data", broker_kit.free_port(), tls=tls)
    broker.authority, broker.tls_port = folder / "authority.pem", tls.port
    broker.start()
    yield broker
    broker.stop()
