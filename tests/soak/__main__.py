"""`python -m tests.soak`: sessions through the lab with random faults, and counts at the end."""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.portal_process import ROOT, free_port, start, stop

KEPT = ROOT / "var" / "soak"
STALE_SECONDS = "10"
"""How long this portal bears with a worker that is silent."""


def options() -> argparse.Namespace:
    """What it is told."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--students", type=int, default=3)
    parser.add_argument("--seed", type=int, default=None, help="the same seed, the same plan")
    parser.add_argument("--faults", type=int, default=None, help="at most so many")
    parser.add_argument("--json", type=Path, default=KEPT / "report.json")
    return parser.parse_args()


def main() -> int:
    """0 where each count that has to be zero is."""
    told = options()
    seed = random.SystemRandom().randrange(10**6) if told.seed is None else told.seed
    print(f"seed {seed}", flush=True)
    os.environ.setdefault("SLUICE_PARTS", str(ROOT / "var" / "parts"))
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        var = Path(folder)
        os.environ |= {"SLUICE_VAR": folder, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        portal = start(
            var, free_port(), SLUICE_STALE_SECONDS=STALE_SECONDS, SLUICE_STREAM_GRACE_MINUTES="1"
        )
        os.environ["SLUICE_STREAM_GRACE_MINUTES"] = "1"
        try:
            # The settings are the portal's own: it has made its secret by now.
            import django

            django.setup()
            from tests.soak.run import Soak

            soak = Soak(portal, seed, told.students)
            began = time.monotonic()
            soak.go(60 * told.minutes, told.faults)
        finally:
            stop(portal)
        report = soak.report((time.monotonic() - began) / 60)
        if not report.is_good:
            keep_logs(var, told.json.parent)
    told.json.parent.mkdir(parents=True, exist_ok=True)
    told.json.write_text(report.json())
    print(report.text(), flush=True)
    return 0 if report.is_good else 1


def keep_logs(var: Path, folder: Path) -> None:
    """What the portal's processes said, for whoever looks for the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    for log in var.glob("log/*.log"):
        (folder / log.name).write_bytes(log.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
