"""Settings whose value is in a file: `X_FILE` names the one that holds `X`.

So a vault, or the secrets of Docker or systemd, can hand them over without any environment.
"""

from environ.fileaware_mapping import FileAwareMapping


class Environ(FileAwareMapping):
    """The environment, and such files."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).strip()  # Files end with a line's end.
