"""All that is known of somebody, as a zip of JSON: what has to do with them is found by itself."""

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q

from portal.activities.models import Session
from portal.classroom.models import AuditEntry, StudentNote, User

ACCOUNT = (
    *("username", "first_name", "last_name", "email", "role", "time_zone"),
    *("date_joined", "last_login", "is_guest", "mails_messages", "toured_at"),
)
README = """\
What this portal knows of you, as JSON.

account.json    your login
of-you/         rows about you: classes, attempts, points, notes that you may read
sessions/       each of your sessions: steps that you ran with their output, files, hints, exchanges
audit.json      what you have done, and what was done with your sessions

Tables that Spark gave you are named in your sessions; their rows are on the page of each, to be
exported there. Notes that those who run your classes keep for themselves are not in it: ask them.
"""
IN_MEMORY = 4 * 1024 * 1024


def zip_of(user: User) -> IO[bytes]:
    """The zip, to be read from its beginning and closed; on disk if it is large."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  Its reader closes it.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents(user):
            text = content if isinstance(content, str) else as_json(content)
            archive.writestr(name, text)
    file.seek(0)
    return file


def contents(user: User) -> Iterator[tuple[str, Any]]:
    """Each file's name, and what is in it."""
    yield "README.txt", README
    yield "account.json", {name: getattr(user, name) for name in ACCOUNT}
    for name, rows in rows_about(user):
        if name != "lab_sessions":
            yield f"of-you/{name}.json", rows
    for session in Session.objects.filter(owner=user).order_by("created_at").iterator():
        told = {"session": plain([session])[0], **dict(rows_about(session))}
        yield f"sessions/{session.pk}.json", told
    entries = AuditEntry.objects.filter(Q(actor_id=user.pk) | Q(owner=user.username))
    yield "audit.json", list(entries.values("at", "actor", "verb", "session_id", "detail"))


def rows_about(subject: Model) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of every model that points to it, by their name there."""
    for relation in subject._meta.related_objects:
        name = relation.get_accessor_name()
        model = relation.related_model
        if name is None or isinstance(model, str):
            continue
        rows = model._default_manager.filter(**{relation.field.name: subject})
        if model is StudentNote:
            rows = rows.filter(is_shown=True)
        if rows.exists():
            yield name, plain(rows.iterator())


def plain(rows: Iterable[Model]) -> list[dict[str, Any]]:
    """Rows as dictionaries."""
    return [{"id": each["pk"], **each["fields"]} for each in serializers.serialize("python", rows)]


def as_json(value: Any) -> str:
    """As people and programs read it; bytes as what they are in Latin-1."""
    return json.dumps(value, cls=Encoder, ensure_ascii=False, indent=1)


class Encoder(DjangoJSONEncoder):
    """Bytes too."""

    def default(self, o: Any) -> Any:
        """What JSON has no word for."""
        if isinstance(o, (bytes, bytearray, memoryview)):
            return bytes(o).decode("latin-1")
        return super().default(o)
