"""A real S3 server of the tests' own: it keeps objects in a folder, and checks each signature."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
import requests

from portal import storing
from portal.parts.s3_server import JAR
from tests.portal_process import free_port

START_SECONDS = 120.0
BUCKET = "sluice"
KEY, SECRET = "tests", "only-for-tests"
JAVA = ("java", "-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", str(JAR))


@dataclass
class Server:
    """A server, and how a portal is told of it."""

    address: str
    folder: Path
    process: "subprocess.Popen[bytes]"

    def environment(self, **changed: str) -> dict[str, str]:
        """As an operator writes it."""
        said = {
            "SLUICE_S3_BUCKET": BUCKET,
            "SLUICE_S3_ENDPOINT": self.address,
            "SLUICE_S3_KEY": KEY,
            "SLUICE_S3_SECRET": SECRET,
        }
        return said | changed

    def storages(self, **changed: str) -> dict[str, Any]:
        """As Django's setting has it."""
        env = environ.Env()
        env.ENVIRON = self.environment(**changed)
        return storing.backends(env, Path("/nowhere"))

    def objects(self) -> list[str]:
        """The names of what it keeps."""
        found = (self.folder / BUCKET).rglob("*")
        return sorted(each.name for each in found if each.is_file())


@contextmanager
def s3_server(host: str = "127.0.0.1", *before: str) -> Iterator[Server]:
    """A server with an empty bucket; `before` goes in front of its command."""
    with tempfile.TemporaryDirectory(prefix="sluice-s3-") as place:
        folder = Path(place) / "objects"
        (folder / BUCKET).mkdir(parents=True)
        address = f"http://{host}:{free_port()}"
        properties = Path(place) / "s3.properties"
        properties.write_text(
            f"s3proxy.endpoint={address}\n"
            "s3proxy.authorization=aws-v4\n"
            f"s3proxy.identity={KEY}\n"
            f"s3proxy.credential={SECRET}\n"
            "jclouds.provider=filesystem-nio2\n"
            "jclouds.identity=unused\n"
            "jclouds.credential=unused\n"
            f"jclouds.filesystem.basedir={folder}\n"
        )
        argv = [*before, *JAVA, "--properties", str(properties)]
        with (Path(place) / "log").open("wb") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(address, process, Path(place) / "log")
            yield Server(address, folder, process)
        finally:
            process.kill()
            process.wait()


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(requests.RequestException):
            requests.get(address, timeout=5)
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
