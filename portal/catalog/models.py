"""Labs and their versions. A version that a session has used never changes."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from portal.engine.lab import pictures
from portal.engine.lab.parse import content_of, parse_lab
from portal.engine.lab.spec import LabSpec


class VersionIsUsed(Exception):
    """A session has used this version, so what it says is history."""


def digest_of(source: str, files: Mapping[str, str]) -> str:
    """One word for all that a version says: equal words, equal labs."""
    return hashlib.sha256(json.dumps([source, files], sort_keys=True).encode()).hexdigest()


def reader_of(files: Mapping[str, str]) -> Callable[[str], str]:
    """Reads a lab's files from a mapping, as `parse_lab` wants them read."""

    def read(name: str) -> str:
        if name not in files:
            raise FileNotFoundError(f"there is no file {name!r} beside lab.yaml")
        if pictures.pointed_at(files[name]):
            raise ValueError(f"{name!r} is a picture, and no text")
        return files[name]

    return read


@lru_cache(maxsize=128)
def spec_of(source: str, files: tuple[tuple[str, str], ...]) -> LabSpec:
    """Parse a stored lab; every request asks for it, and its text hardly ever changes."""
    return parse_lab(source, reader_of(dict(files)), is_stored=True)


class Lab(models.Model):
    """A lab by its name, whatever its versions say."""

    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120, blank=True)
    is_listed = models.BooleanField(default=True, help_text="Shown on the page of labs.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    loaded_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="What its folder said when it was last loaded.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Picture(models.Model):
    """The bytes of a picture that texts of labs show. It never changes: its name is its digest."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8)
    data = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.digest[:12]}.{self.kind}"


class LabVersion(models.Model):
    """What a lab says: the text of lab.yaml, and the files beside it.

    In the place of a picture's text stands what points at it.
    """

    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    source = models.TextField(help_text="lab.yaml, as docs/writing-labs.md describes it.")
    files = models.JSONField(
        default=dict, blank=True, help_text="Text by path, for the files that 'from' names."
    )
    digest = models.CharField(max_length=64, editable=False)
    is_used = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    handed_in_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Its author holds it to be ready; somebody who may publish is to look at it.",
    )

    faulty = models.JSONField(
        null=True,
        editable=False,
        help_text="What its author has written since, and can't be read yet: `source` and `files`.",
    )

    class Meta:
        ordering = ["lab__name", "-number"]
        permissions = [("publish_labversion", "Can publish and retire versions of labs")]
        constraints = [
            models.UniqueConstraint(fields=["lab", "number"], name="one_lab_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.lab.name} version {self.number}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save it. Raises VersionIsUsed when that would change what a used version says."""
        self.digest = digest_of(self.source, self.files)
        if update_fields is not None:
            update_fields = {*update_fields, "digest"}
        with transaction.atomic():
            if self.pk is not None:
                self.keep_history()
            super().save(*args, update_fields=update_fields, **kwargs)
        self.__dict__.pop("spec", None)

    @cached_property
    def spec(self) -> LabSpec:
        """The lab. Raises LabInvalid if a later portal can't read this text any more."""
        return spec_of(self.source, tuple(sorted(self.files.items())))

    @property
    def is_published(self) -> bool:
        """Whether a session can be launched from it."""
        return self.published_at is not None and self.retired_at is None

    @property
    def status(self) -> str:
        """Draft, handed in, published or retired."""
        if self.retired_at is not None:
            return "retired"
        if self.published_at is not None:
            return "published"
        return "handed in" if self.handed_in_at else "draft"

    @property
    def is_open(self) -> bool:
        """Whether it can still be written: nobody was offered it, and nobody has used it."""
        return not (self.is_used or self.published_at or self.retired_at)

    @property
    def written(self) -> tuple[str, dict[str, str]]:
        """The newest text and the files beside it, whether they can be read or not."""
        if self.faulty is None:
            return self.source, self.files
        return self.faulty["source"], self.faulty["files"]

    @property
    def pictures(self) -> dict[str, pictures.Picture]:
        """The pictures beside the definition, by path."""
        found = {path: pictures.pointed_at(text) for path, text in self.files.items()}
        return {path: each for path, each in found.items() if each is not None}

    def file_contents(self) -> dict[str, bytes]:
        """What a new cluster's `/w205` holds, by path."""
        return {file.path: content_of(file, self.files).encode() for file in self.spec.files}

    def keep_history(self) -> None:
        """Compare with the row, which a session may have used since this was read."""
        row = LabVersion.objects.select_for_update().filter(pk=self.pk).first()
        if row is None or not row.is_used:
            return
        self.is_used = True
        if (row.digest, row.lab_id, row.number) != (self.digest, self.lab_id, self.number):
            raise VersionIsUsed(f"A session has used {row}: make a new version instead.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it. Raises VersionIsUsed."""
        if LabVersion.objects.filter(pk=self.pk, is_used=True).exists():
            raise VersionIsUsed(f"A session has used {self}: retire it instead.")
        return super().delete(*args, **kwargs)
