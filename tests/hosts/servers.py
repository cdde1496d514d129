"""What hosts share: a PostgreSQL and a Redis that speak TLS alone and ask for a password."""

import contextlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.student import eventually
from tests.hosts.networks import SERVERS, run
from tests.portal_process import free_port


def certificate(folder: Path, address: str = SERVERS) -> Path:
    """A certificate of the servers' address, which is its own root; its key lies beside it."""
    made = folder / "server.crt"
    words = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=servers")
    name = ("-addext", f"subjectAltName=IP:{address}")
    files = ("-keyout", str(folder / "server.key"), "-out", str(made))
    run("openssl", "req", "-x509", *words, *name, *files)
    made.chmod(0o644)
    return made


@contextlib.contextmanager
def postgresql(folder: Path, root: Path, address: str = SERVERS, **more: str) -> Iterator[str]:
    """A server on an address, by TLS and password, told more by `more`; where it is."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    place = folder / "postgresql"
    place.mkdir()
    password = secrets.token_hex(12)
    (place / "password").write_text(password)
    shutil.copy(folder / "server.key", place / "server.key")
    (place / "server.key").chmod(0o600)
    run("chown", "-R", "postgres", str(place))
    as_it = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--")
    data = str(place / "data")
    first = ("--auth=scram-sha-256", f"--pwfile={place / 'password'}", "--username=sluice")
    run(*as_it, str(programs / "initdb"), "--no-sync", "--pgdata", data, *first)
    Path(data, "pg_hba.conf").write_text("hostssl all all 0.0.0.0/0 scram-sha-256\n")
    port = free_port()
    said = {
        "listen_addresses": address,
        "port": str(port),
        "unix_socket_directories": str(place),
        "ssl": "on",
        "ssl_cert_file": str(root),
        "ssl_key_file": str(place / "server.key"),
        "fsync": "off",
        "max_connections": "200",
        **more,
    }
    options = [word for key, value in said.items() for word in ("-c", f"{key}={value}")]
    with (folder / "postgresql.log").open("wb") as log:
        process = subprocess.Popen(
            [*as_it, str(programs / "postgres"), "-D", data, *options], stdout=log, stderr=log
        )
    query = f"?sslmode=verify-full&sslrootcert={root}"
    where = f"sluice:{password}@{address}:{port}"
    try:
        ready = [str(programs / "pg_isready"), "-q", "-h", address, "-p", str(port)]
        eventually(lambda: subprocess.run(ready, check=False).returncode == 0, 60, "PostgreSQL")
        run(str(programs / "createdb"), f"--maintenance-db=postgresql://{where}/postgres", "sluice")
        yield f"postgres://{where}/sluice{query}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


@contextlib.contextmanager
def redis(folder: Path, root: Path) -> Iterator[str]:
    """The same of Redis."""
    port, password = free_port(), secrets.token_hex(12)
    configuration = folder / "redis.conf"
    configuration.write_text(
        f"port 0\ntls-port {port}\nbind {SERVERS}\nrequirepass {password}\nsave ''\n"
        f"tls-cert-file {root}\ntls-key-file {folder / 'server.key'}\ntls-ca-cert-file {root}\n"
        f"tls-auth-clients no\nmaxmemory 512mb\nmaxmemory-policy noeviction\ndir {folder}\n"
    )
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(["redis-server", str(configuration)], stdout=log, stderr=log)
    try:
        yield f"rediss://:{password}@{SERVERS}:{port}/0?ssl_cert_reqs=required&ssl_ca_certs={root}"
    finally:
        process.kill()
        process.wait()
