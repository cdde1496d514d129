"""Files under the home folder, where a student may have put anything: links, pipes, folders."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from .children import HOME
from .peer import Peer, Refused

WORDS = {
    errno.ENOSPC: "there is no space left in /w205",
    errno.EFBIG: "it is larger than a file may be",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file",
}


@contextlib.contextmanager
def in_words(path: str) -> Iterator[None]:
    """Refuse in words what the system refuses in numbers."""
    try:
        yield
    except OSError as error:
        reason = WORDS.get(error.errno or 0) or error.strerror
        raise Refused(f"{path}: {reason}") from error


def inside(path: str) -> Path:
    """A path under the home folder. Raises Refused for one that leads out, by a link or so."""
    target = HOME / path
    is_inside = ".." not in target.parts and target.is_relative_to(HOME) and target != HOME
    if not is_inside or "\0" in path or not target.resolve().is_relative_to(HOME):
        raise Refused(f"{path}: not inside {HOME}")
    return target


def put(peer: Peer, path: str, size: int, mode: int) -> None:
    """Write a file, whole or not at all, from the bytes that follow."""
    missing = size
    with in_words(path):
        try:
            target = inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.parent / f".put-{secrets.token_hex(8)}"
            try:
                with open(part, "xb", buffering=0) as file:
                    while missing:
                        data = memoryview(peer.take(missing))
                        missing -= len(data)
                        while data:
                            data = data[file.write(data) :]
                    os.fchmod(file.fileno(), mode)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        finally:
            # The caller first sends all, then listens.
            while missing > 0:
                missing -= len(peer.take(missing))


def get(path: str, limit: int) -> bytes | None:
    """A file's content; None when no file is there."""
    with in_words(path):
        try:
            # A pipe must not make us wait for whoever writes to it.
            fd = os.open(inside(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(f"{path}: it is larger than {limit} bytes")
    return content
