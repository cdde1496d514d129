"""A lab to take home, as a zip: what `portal.engine.home` lays out, for whoever may see the lab."""

import io
import zipfile
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from portal.activities.permissions import get_visible_session
from portal.catalog import pictures, queries
from portal.catalog.images import operator_images
from portal.catalog.models import LabVersion
from portal.catalog.offering import offer_of
from portal.engine.home.folder import Entry, entries
from portal.naming import as_attachment

FILE, PROGRAM, FOLDER = 0o100644, 0o100755, 0o40755
"""What a file is, and who may do what with it."""


@require_GET
def of_lab(request: HttpRequest, name: str) -> HttpResponse:
    """The version of a lab that its page shows."""
    offer = offer_of(request.user, name)
    if offer is None:
        raise Http404("There is no such lab.")
    return download(offer.version)


@require_GET
def of_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """The version that a session was launched from, whatever came after it."""
    return download(get_visible_session(request.user, session_id).version)


def download(version: LabVersion) -> HttpResponse:
    """A zip to save. Raises Http404 for a lab that this portal can't read or run any more."""
    if not queries.is_readable(version):
        raise Http404("This version of the lab can't be read any more.")
    try:
        data = zip_of(version)
    except KeyError as error:
        raise Http404(f"This portal has no image {error} any more.") from error
    response = HttpResponse(data, content_type="application/zip")
    response["Content-Disposition"] = as_attachment(file_name(version))
    return response


def file_name(version: LabVersion) -> str:
    """What a browser saves it as; the folder in it has the lab's name alone."""
    return f"{version.lab.name}-at-home.zip"


def zip_of(version: LabVersion) -> bytes:
    """The folder as a zip. Raises LabInvalid, and KeyError for an image that is no more."""
    top = version.lab.name
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        # A lab without files still has a folder for them.
        archive.writestr(info(version, f"{top}/w205/", FOLDER), b"")
        laid_out = entries(version.spec, version.file_contents(), version.number, operator_images())
        for entry in (*laid_out, *pictures_of(version)):
            archive.writestr(
                info(version, f"{top}/{entry.path}", mode_of(entry)),
                entry.content,
                zipfile.ZIP_DEFLATED,
            )
    return data.getvalue()


def pictures_of(version: LabVersion) -> Iterator[Entry]:
    """What the texts of its steps show, where they look for it."""
    for path, data in sorted(pictures.contents(version).items()):
        yield Entry(path, data)


def mode_of(entry: Entry) -> int:
    """Programs are to be run."""
    return PROGRAM if entry.is_executable else FILE


def info(version: LabVersion, path: str, mode: int) -> zipfile.ZipInfo:
    """An entry of the zip; equal versions make equal zips."""
    made = zipfile.ZipInfo(path, date_time=version.created_at.timetuple()[:6])
    made.external_attr = mode << 16
    return made
