"""The services that there are, noted for `docker-compose` as it is typed in a terminal."""

import contextlib
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

SERVICES = Path("/tmp/.services.json")  # noqa: S108 - the cluster's own


def note(environments: Mapping[str, Mapping[str, str]], others: Iterable[str]) -> None:
    """Those of this agent with their environments, and those of others with none.

    The file is the student's to spoil, and nobody else's loss.
    """
    told = {**environments, **dict.fromkeys(others)}
    part = SERVICES.with_suffix(f".{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):
        part.write_text(json.dumps(told))
        part.replace(SERVICES)
    part.unlink(missing_ok=True)
