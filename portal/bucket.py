"""The bucket in which all hosts keep what outlives a cluster, where they have one.

Whoever keeps something has a folder of its own in it. Names are never used twice, so an object is
written once; what a host that was killed left without a row is swept.
"""

import logging
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

log = logging.getLogger(__name__)
PROBE = "is-it-there"


def bucket() -> Storage | None:
    """What all hosts have in common; None where a folder is all that there is."""
    found = storages["lasting"]
    return None if isinstance(found, FileSystemStorage) else found


def is_away(error: Exception) -> bool:
    """Whether a bucket, or the way to it, is the trouble."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    return isinstance(error, OSError | Boto3Error | BotoCoreError | ClientError | HTTPClientError)


def delete(name: str) -> None:
    """Delete an object, if there is a bucket. Not there is success; what it keeps now is swept."""
    if there := bucket():
        try:
            there.delete(name)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the bucket did not delete %s: %s", name, error)


def trouble(*, writes: bool = False) -> str:
    """Why it can't be used just now, in words for operators; empty when all is well."""
    if (there := bucket()) is None:
        return ""
    try:
        if writes:
            there.delete(there.save(PROBE, ContentFile(b"")))
        else:
            there.exists(PROBE)
    except Exception as error:
        if not is_away(error):
            raise
        return f"The bucket does not answer as it should: {error}"
    return ""


class Sweeper:
    """Deletes objects of a folder that have no row, and had none at its last look.

    So no clock of one host tells the age of what another is about to write a row for.
    """

    def __init__(self, folder: str, known: Callable[[], set[str]]):
        self.folder, self.known = folder, known
        self.unknown: set[str] = set()

    def sweep(self) -> list[str]:
        """Look, and delete; return the names."""
        there = bucket()
        if there is None:
            return []
        try:
            names = set(there.listdir(self.folder)[1])
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the bucket tells nothing of %s: %s", self.folder, error)
            return []
        # Asked once the objects were found: a row is never so late as the next look.
        names -= self.known()
        outdated, self.unknown = names & self.unknown, names
        for name in outdated:
            delete(f"{self.folder}/{name}")
        return sorted(outdated)
