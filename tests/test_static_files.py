"""Files of pages that change beneath a running portal."""

import os
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from portal.static_files import StaticFiles

URL = "/static/changing.css"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that pages have."""
    file = tmp_path / "changing.css"
    file.write_text("a {}")
    return file


@pytest.fixture
def files(file: Path) -> StaticFiles:
    """What serves it, as it was when the portal started."""
    made = StaticFiles(nothing)
    made.files, made.stamps = {}, {}
    made.add_file_to_dictionary(URL, str(file))
    return made


async def nothing(request: HttpRequest) -> HttpResponseBase:
    """No page has that address."""
    return HttpResponse(status=404)


def served(files: StaticFiles) -> tuple[int, str | None, str]:
    """What comes for the file: the status, the length that is said, and the text."""

    async def ask() -> tuple[int, str | None, str]:
        request = HttpRequest()
        request.method, request.path_info = "GET", URL
        response = await files(request)
        if not isinstance(response, StreamingHttpResponse):
            return response.status_code, None, ""
        parts = [part async for part in response]
        return response.status_code, response.get("Content-Length"), b"".join(parts).decode()

    return async_to_sync(ask)()


@pytest.mark.parametrize("text", ["a { color: red }", "", "b"])
def test_what_has_changed_is_served_whole_with_its_own_length(
    files: StaticFiles, file: Path, text: str
) -> None:
    assert served(files) == (200, "4", "a {}")
    file.write_text(text)
    assert served(files) == (200, str(len(text)), text)


def test_a_file_that_was_put_in_the_place_of_another_is_served(
    files: StaticFiles, file: Path
) -> None:
    """As git does it: of the same length, and with whatever time it has."""
    kept = file.stat()
    other = file.with_suffix(".new")
    other.write_text("b {}")
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.replace(file)
    assert served(files) == (200, "4", "b {}")


def test_a_file_is_not_found_when_it_is_gone(files: StaticFiles, file: Path) -> None:
    assert served(files)[0] == 200
    file.unlink()
    assert served(files)[0] == 404


def test_a_file_that_has_come_is_found(settings, tmp_path: Path) -> None:
    """A script that another one, which was renewed, brings in."""
    settings.STATICFILES_DIRS = [tmp_path]
    files = StaticFiles(nothing)
    files.files, files.stamps, files.directories = {}, {}, [(str(tmp_path), "/static/")]
    assert served(files)[0] == 404
    (tmp_path / "changing.css").write_text("a {}")
    assert served(files) == (200, "4", "a {}")
    assert served(files) == (200, "4", "a {}")
