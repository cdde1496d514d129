"""Scripts, styles and pictures of pages, as they are on the disk now.

ServeStatic reads at its start how long each file is, and says so with whatever stands there later.
A checkout that is renewed beneath a running portal was then served cut off, or not at all.
"""

import os
from collections.abc import Awaitable, Callable, Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import MissingFileError, StaticFile
from servestatic.utils import run_async_in_thread

Stamp = tuple[int, int, int]
"""A file's inode, its time in nanoseconds, and its bytes: what has another is another text."""
GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class StaticFiles(ServeStaticMiddleware):  # type: ignore[misc]
    """What has changed, come or gone since the portal started is served as it is now."""

    def __init__(self, get_response: GetResponse) -> None:
        self.stamps: dict[str, tuple[str, Stamp | None]] = {}
        super().__init__(get_response)

    def get_static_file(
        self, path: str, url: str, stat_cache: Mapping[str, os.stat_result] | None = None
    ) -> StaticFile:
        """Note what the file was when its size was taken."""
        del stat_cache  # One that is older than the stamp would keep the old size.
        self.stamps[url] = path, stamp(path)
        return super().get_static_file(path, url)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve it, or hand the request on."""
        url = request.path_info
        self.renew(url)
        if url not in self.files and url.startswith(self.static_prefix):
            found = await run_async_in_thread(self.find_file, url)
            if found is not None:
                self.files[url] = found
        response: HttpResponseBase = await super().__call__(request)
        return response

    def renew(self, url: str) -> None:
        """Take a file's size anew, if it isn't the file that it was."""
        if url not in self.files:
            return
        path, before = self.stamps[url]
        if stamp(path) == before:
            return
        try:
            self.files[url] = self.get_static_file(path, url)
        except MissingFileError:
            del self.files[url]


def stamp(path: str) -> Stamp | None:
    """What tells a file from what it was; None if there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
