"""Exchanges to take home: the bytes, commands that send them again, and HAR 1.2."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from portal.engine.lab.shell import exec_line
from portal.engine.markdown import one_line
from portal.engine.wire.conversation import Turn, read
from portal.engine.wire.part import Message
from portal.engine.wire.replies import status_of
from portal.engine.wire.requests import METHODS
from portal.wire.models import Exchange

TALK = 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && timeout 10 cat <&3'
PLAIN = re.compile(rb"[ -~]+")
VERSIONS = (b"HTTP/1.0", b"HTTP/1.1")


def turns_of(exchange: Exchange) -> tuple[Turn, ...]:
    """Its requests and replies."""
    return read(bytes(exchange.request), bytes(exchange.response), exchange.ended).turns


def as_shell(exchange: Exchange) -> str:
    """A shell script: what curl would be told, and the same bytes exactly."""
    found = [turn.request for turn in turns_of(exchange) if turn.request]
    service = exchange.service or "mids"
    lines = ["#!/bin/sh", f"# {one_line(exchange.name or str(exchange))}", ""]
    for request in found:
        said = curl(exchange, request)
        if said is None:
            lines.append("# curl would not send this request: it is no request that HTTP knows.")
        else:
            lines.append("# With curl, which writes the headers itself:")
            lines.append(exec_line(service, said))
    octal = "".join(octal_of(byte) for byte in bytes(exchange.request))
    talk = exec_line(service, ("bash", "-c", TALK, exchange.host, str(exchange.port)), stdin="")
    lines += ["", "# The same bytes exactly:", f"printf -- '{octal}' | {talk}", ""]
    return "\n".join(lines)


def octal_of(byte: int) -> str:
    """A byte as printf takes it inside single quotes."""
    is_plain = 32 <= byte < 127 and chr(byte) not in "%'\\"
    return chr(byte) if is_plain else f"\\{byte:03o}"


def curl(exchange: Exchange, request: Message) -> tuple[str, ...] | None:
    """The command for a request; None for one that curl would not send."""
    words = request.line.split(b" ")
    if len(words) != 3 or request.lacks or words[2] not in VERSIONS:
        return None
    method, path, version = words
    texts = [method, path, *(part for header in request.headers for part in header if part)]
    if method not in METHODS or not path.startswith(b"/") or not all(map(PLAIN.fullmatch, texts)):
        return None
    argv = ["curl", "-i", "--path-as-is", "--http1.0" if version == b"HTTP/1.0" else "--http1.1"]
    argv += ["-I"] if method == b"HEAD" else ["-X", method.decode()]
    given = {name for name, _ in request.headers}
    for name, value in request.headers:
        if name not in (b"content-length", b"transfer-encoding"):
            argv += ["-H", f"{name.decode()}: {value.decode()}"]
    for name in (b"host", b"user-agent", b"accept"):
        if name not in given:
            argv += ["-H", f"{name.decode()}:"]
    if request.body:
        try:
            argv += ["--data-binary", request.body.decode()]
        except UnicodeDecodeError:
            return None
    return (*argv, f"http://{exchange.host}:{exchange.port}{path.decode()}")


def as_har(exchange: Exchange) -> str:
    """HAR 1.2, an entry for each request; bytes that it can't say are in `_raw`."""
    log = {
        "version": "1.2",
        "creator": {"name": "Sluice", "version": "1"},
        "entries": list(entries(exchange)),
        "comment": "Header sizes and bodies are as they went over the wire.",
    }
    return json.dumps({"log": log}, indent=1, ensure_ascii=False)


def entries(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """What was asked, each with what was answered."""
    turns = turns_of(exchange)
    for turn in turns:
        yield {
            "startedDateTime": started(exchange),
            "time": round(exchange.total_seconds * 1000, 3),
            "request": request_of(exchange, turn.request),
            "response": response_of(turn.replies[-1] if turn.replies else None),
            "cache": {},
            "timings": timings(exchange),
            "serverIPAddress": "",
            "connection": str(exchange.pk),
            "comment": turn.says,
            "_raw": {
                "request": raw(bytes(exchange.request), turn.request),
                "response": [raw(bytes(exchange.response), each) for each in turn.replies],
            },
        }


def started(exchange: Exchange) -> str:
    """When it began, as HAR wants it."""
    return exchange.created_at.isoformat(timespec="milliseconds")


def timings(exchange: Exchange) -> dict[str, float]:
    """Milliseconds of each phase."""
    first = exchange.first_byte_seconds
    waited = exchange.total_seconds if first is None else first
    return {
        "blocked": -1,
        "dns": -1,
        "connect": round(exchange.connect_seconds * 1000, 3),
        "send": 0,
        "wait": round(max(0.0, waited - exchange.connect_seconds) * 1000, 3),
        "receive": round(max(0.0, exchange.total_seconds - waited) * 1000, 3),
        "ssl": -1,
    }


def raw(data: bytes, message: Message | None) -> str:
    """The bytes of a message, in base64."""
    if message is None:
        return ""
    return base64.b64encode(data[message.begin : message.end]).decode("ascii")


def headers_of(message: Message) -> list[dict[str, str]]:
    """Names and values, as text."""
    return [{"name": text(name), "value": text(value)} for name, value in message.headers]


def text(data: bytes) -> str:
    """Bytes of a head as text: one character a byte."""
    return data.decode("latin-1")


def head_size(message: Message) -> int:
    """Bytes up to the body, the empty line included; -1 where that has not come."""
    blank = next((part for part in message.parts if part.name == "blank"), None)
    return blank.end - message.begin if blank else -1


def request_of(exchange: Exchange, message: Message | None) -> dict[str, Any]:
    """A request as HAR has it."""
    words = message.words if message else []
    padded = [text(each) for each in (*words, b"", b"", b"")]
    path = padded[1] if padded[1].startswith("/") else f"/{padded[1]}"
    made: dict[str, Any] = {
        "method": padded[0],
        "url": f"http://{exchange.host}:{exchange.port}{path}",
        "httpVersion": padded[2] or "HTTP/0.9",
        "cookies": [],
        "headers": headers_of(message) if message else [],
        "queryString": [],
        "headersSize": head_size(message) if message else -1,
        "bodySize": len(message.body) if message else 0,
    }
    if message and message.body:
        kind = text(message.value(b"content-type"))
        made["postData"] = {"mimeType": kind, "params": [], "text": text(message.body)}
    return made


def response_of(message: Message | None) -> dict[str, Any]:
    """A reply as HAR has it; status 0 where there was none."""
    words = [text(each) for each in (message.words if message else [])]
    body = message.body if message else b""
    content: dict[str, Any] = {
        "size": len(body),
        "mimeType": text(message.value(b"content-type")) if message else "",
    }
    try:
        content["text"] = body.decode()
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}
    return {
        "status": status_of(message) if message else 0,
        "statusText": words[2] if len(words) > 2 else "",
        "httpVersion": words[0] if words else "",
        "cookies": [],
        "headers": headers_of(message) if message else [],
        "content": content,
        "redirectURL": text(message.value(b"location")) if message else "",
        "headersSize": head_size(message) if message else -1,
        "bodySize": len(body),
    }
