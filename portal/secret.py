"""Secrets in files: what a setting's file holds, and the secret of a portal that was given none."""

import secrets
from pathlib import Path

from environ.fileaware_mapping import FileAwareMapping


def embedded_secret(path: Path) -> str:
    """The portal's own secret, made at first use and readable by its user alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


class Environ(FileAwareMapping):  # type: ignore[misc]
    """The environment; for `X` also the file that `X_FILE` names.

    So a vault, or the secrets of Docker or systemd, can hand it over.
    """

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).strip()  # Files end with a line's end.
