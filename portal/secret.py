"""The secret of a portal that was given none."""

import secrets
from pathlib import Path


def embedded_secret(path: Path) -> str:
    """The portal's own secret, made at first use and readable by its user alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()
