"""The keys of one session: its gate has one, its runner another, and each knows the other's."""

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AHEAD = datetime.timedelta(days=1)
"""A node's clock may be behind this one by as much."""
VALID = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its certificate, as PEM."""

    certificate: bytes
    key: bytes

    @property
    def whole(self) -> bytes:
        """Both, as a server or a client loads them."""
        return self.key + self.certificate


def issue(name: str) -> Identity:
    """A new key, with a certificate that vouches for itself: whoever knows it trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - AHEAD)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
