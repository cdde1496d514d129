"""Keys and certificates of a cluster's parts: one authority, and a client's or server's each."""

import datetime
import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = datetime.timedelta(days=30)
Name = tuple[str, str]
"""Whom it is for: a user and the group they are in."""


class Authority:
    """Signs for everybody in a cluster. All that it makes is in its folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = subject(("sluice-test", ""))
        self.certificate = self._sign(self.name, self.key, is_authority=True)
        self._write("ca", self.key, self.certificate)

    @property
    def path(self) -> Path:
        """Its own certificate."""
        return self.folder / "ca.crt"

    def issue(self, file: str, name: Name, hosts: Sequence[str] = ()) -> tuple[Path, Path]:
        """A certificate and its key. With `hosts` it is a server's, too."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(file, key, self._sign(subject(name), key, hosts))

    def write_kubeconfig(self, path: Path, address: str, file: str, name: Name) -> None:
        """A file to connect to an API with, as a user and group of that name."""
        crt, key = self.issue(file, name)
        cluster = {"server": address, "certificate-authority": str(self.path)}
        user = {"client-certificate": str(crt), "client-key": str(key)}
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "sluice", "cluster": cluster}],
            "users": [{"name": file, "user": user}],
            "contexts": [{"name": "sluice", "context": {"cluster": "sluice", "user": file}}],
            "current-context": "sluice",
        }
        path.write_text(json.dumps(told))

    def _sign(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        hosts: Sequence[str] = (),
        *,
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + LIFE)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([host_name(each) for each in hosts])
            made = made.add_extension(names, critical=False)
        return made.sign(self.key, hashes.SHA256())

    def _write(
        self, file: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[Path, Path]:
        paths = self.folder / f"{file}.crt", self.folder / f"{file}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].touch(mode=0o600)
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        return paths


def subject(name: Name) -> x509.Name:
    """As Kubernetes reads it: the user is the common name, the group an organisation."""
    user, group = name
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name(parts)


def host_name(host: str) -> x509.GeneralName:
    """An address, or a name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
