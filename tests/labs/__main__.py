"""`python -m tests.labs`: every lab, and the guide's two, from first to last step on each runtime.

What is named on the command line is all that runs: `python -m tests.labs week8 --runtime sandbox`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from portal.engine.lab.parse import load_lab
from portal.engine.tests.test_guide import BESIDE, FIRST, PICTURES, SECOND
from portal.parts import docker_images, install
from portal.parts.places import ROOT, ask, known

RUNTIMES = ("sandbox", "docker")
LAB_SECONDS = 1200


def labs(names: list[str], place: Path) -> Iterator[str]:
    """What `lab run` takes for each: a lab's name, or the path of one of the guide's."""
    guides = {"hello-kafka": {"lab.yaml": FIRST}, "corner-shop": {"lab.yaml": SECOND, **BESIDE}}
    for name, files in guides.items():
        for path, text in files.items():
            (place / name).mkdir(exist_ok=True)
            (place / name / path).write_text(text)
    for path, data in PICTURES.items():
        (place / "corner-shop" / path).write_bytes(data)
    found = sorted(path.parent.name for path in (ROOT / "labs").glob("*/lab.yaml"))
    for name in names or [*found, *guides]:
        yield str(place / name) if name in guides else name


def run(lab: str, runtime: str, var: Path, address: str) -> bool:
    """One lab; whether it passed. What it says is shown as it comes."""
    environment = {**os.environ, "SLUICE_VAR": str(var), "DOCKER_HOST": address}
    environment |= {"DATABASE_URL": f"sqlite:///{var}/lab.sqlite3"}
    environment |= {"REDIS_URL": f"unix://{var}/run/redis.sock"}
    environment.setdefault("SLUICE_PARTS", str(ROOT / "var" / "parts"))
    argv = [sys.executable, "manage.py", "lab", "run", lab, "--runtime", runtime]
    try:
        done = subprocess.run(argv, cwd=ROOT, env=environment, timeout=LAB_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def fetch(paths: Iterable[str]) -> None:
    """Have the images of these labs that are fetched only when asked for. Raises PartsError."""
    specs = [load_lab(ROOT / "labs" / path).spec for path in paths]  # A whole path stays one.
    wanted = {service.image for spec in specs for service in spec.services}
    ask(sorted(wanted & known().keys()))
    install.install(for_tests=False)


def main() -> int:
    """0 where every lab passed on every runtime."""
    parser = argparse.ArgumentParser(prog="labs", description=__doc__)
    parser.add_argument("labs", nargs="*")
    parser.add_argument("--runtime", choices=RUNTIMES, action="append")
    told = parser.parse_args()
    outcomes: list[bool] = []
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-")))
        fetch(labs(told.labs, var))
        for runtime in told.runtime or RUNTIMES:
            is_docker = runtime == "docker"
            address = stack.enter_context(docker_images.ready()) if is_docker else ""
            for lab in labs(told.labs, var):
                began = time.monotonic()
                passed = run(lab, runtime, var, address or os.environ.get("DOCKER_HOST", ""))
                outcomes.append(passed)
                word = "passed" if passed else "FAILED"
                seconds = time.monotonic() - began
                print(f"== {Path(lab).name} on {runtime}: {word}, {seconds:.0f} s\n", flush=True)
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
