"""A call as a student makes it up: read from a form, and built into the curl that does it."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from portal.engine.lab.step import NoChoice

PATH_LIMIT = 2000
BODY_LIMIT = 64 * 1024
"""Bytes. A whole command line may have twice that and no more, as Linux has it."""
HEADERS_LIMIT = 8 * 1024
MOST_HEADERS = 30
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
TYPES = {
    "none": "",
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain",
}
"""What a body of each kind is called in a request's header."""
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}:[\x20-\x7e]*")
TO_FILL_IN = re.compile(r"<[^<>]{0,100}>")
UNPLAIN = set(" '\"\\`$[]{}")
"""What curl, or a shell, reads as something else in an address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `body` is sent as it is."""

    path: str
    """With its query."""
    method: str = "GET"
    headers: tuple[str, ...] = ()
    kind: str = "none"
    """Of the body, a key of TYPES."""
    body: str = ""

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> "Asked":
        """What a form says. Raises NoChoice with what is wrong, for its student."""
        method = chosen.get("method", "") or "GET"
        kind = chosen.get("body_kind", "") or "none"
        if method not in METHODS or kind not in TYPES:
            raise NoChoice("There is no such method, or no such kind of body.")
        body = chosen.get("body", "").replace("\r\n", "\n") if kind != "none" else ""
        check_body(method, body)
        headers = tuple(read_headers(chosen.get("headers", "")))
        return cls(read_path(chosen.get("path", "")), method, headers, kind, body)

    def line(self, service: str, server: str) -> str:
        """The command line that makes the call from a service; `server` as in `http://host:80`."""
        words = " ".join(quoted(each) for each in self.argv(server))
        return f"docker-compose exec {service} {words}"

    def argv(self, server: str) -> tuple[str, ...]:
        """The same for a program, its address last."""
        usual = "POST" if self.kind != "none" and self.body else "GET"
        words = ["curl"]
        if self.method == "HEAD":
            words.append("-I")
        elif self.method != usual:
            words += ["-X", self.method]
        for each in self.sent_headers():
            words += ["-H", each]
        if self.body:
            words += ["--data-raw", self.body]
        return (*words, f"{server}{self.path}")

    def sent_headers(self) -> Iterator[str]:
        """Those that were typed, and the body's type unless one was."""
        names = {each.partition(":")[0].lower() for each in self.headers}
        # Of itself curl says that a body is a form.
        if self.body and self.kind != "form" and "content-type" not in names:
            yield f"Content-Type: {TYPES[self.kind]}"
        yield from self.headers

    def notes(self) -> tuple[str, ...]:
        """What a student should know of the call, though it is made."""
        if self.kind == "json" and self.body:
            try:
                json.loads(self.body)
            except (ValueError, RecursionError):
                return ("This is not JSON: it is sent as it is.",)
        return ()

    def as_dict(self) -> dict[str, Any]:
        """As a run's params keep it."""
        return {**asdict(self), "headers": list(self.headers)}


def read_path(text: str) -> str:
    """A path with its query. Raises NoChoice."""
    path = text.strip()
    if missing := TO_FILL_IN.search(path):
        raise NoChoice(f"Put a value in the place of {missing[0]} in the path.")
    plain = path.isascii() and path.isprintable() and not set(path) & UNPLAIN
    if not path.startswith("/") or not plain or len(path) > PATH_LIMIT:
        raise NoChoice(
            "A path starts with / and has no spaces, quotes or brackets, as in /hello. In a query "
            "%20 is a space."
        )
    return path


def read_headers(text: str) -> Iterator[str]:
    """The headers of a text with one a line. Raises NoChoice."""
    lines = [each.strip() for each in text.splitlines()]
    lines = [each for each in lines if each]
    if len(lines) > MOST_HEADERS or len(text) > HEADERS_LIMIT:
        raise NoChoice(f"A call may have {MOST_HEADERS} headers, of {HEADERS_LIMIT // 1024} KB.")
    for each in lines:
        if not HEADER.fullmatch(each):
            raise NoChoice(f"“{each[:80]}” is no header: write one a line, as in Accept: text/html")
        yield each


def check_body(method: str, body: str) -> None:
    """Raise NoChoice for a body that can't be sent."""
    if "\0" in body:
        raise NoChoice("The body holds a NUL character, which no command line can.")
    if len(body.encode(errors="replace")) > BODY_LIMIT:
        raise NoChoice(f"The body is too long: at most {BODY_LIMIT // 1024} KB can be sent.")
    if body and method == "HEAD":
        raise NoChoice("HEAD asks for headers alone: curl sends no body with it.")


def quoted(word: str) -> str:
    """A word as a shell reads it, and as a command line of a lab does.

    There a backslash at a line's end goes on in the next, so none is left to stand there.
    """
    if "\\\n" not in word:
        return shlex.quote(word)
    return "\\'".join(f"'{each}'" for each in word.split("'")).replace("\\\n", "\\''\n")
