"""The requests in what was sent, part by part, as RFC 9112 has them and as people type them."""

from portal.engine.wire.bodies import read_chunks, read_length
from portal.engine.wire.heads import TOKEN, WAITS, ending, join, lengths, read_headers
from portal.engine.wire.part import Cursor, Message

METHODS = {
    b"GET": "send me this",
    b"HEAD": "send me only the headers of this",
    b"POST": "take this",
    b"PUT": "keep this here",
    b"PATCH": "change this",
    b"DELETE": "remove this",
    b"OPTIONS": "what can be done here?",
    b"TRACE": "send back what you got",
    b"CONNECT": "open a tunnel",
}


def read_requests(data: bytes) -> list[Message]:
    """Every request, one behind the other; their parts are all the bytes, whatever those are."""
    cursor = Cursor(data)
    found: list[Message] = []
    while not cursor.ended():
        message = Message(cursor.at)
        found.append(message)
        if cursor.is_full:
            cursor.rest(message, "unread", "More than is told apart here.", odd=False)
            break
        while (line := cursor.peek()).has_end and not line.text and not cursor.is_full:
            cursor.take(
                message, "stray", line.end, "An empty line before a request. Servers skip it."
            )
            if cursor.ended():
                break
        if cursor.ended():
            join_stray(found)
            break
        read_request(cursor, message)
    return found


def join_stray(found: list[Message]) -> None:
    """Empty lines behind the last request belong to it."""
    if len(found) > 1:
        last = found.pop()
        found[-1].parts += last.parts
        found[-1].end = last.end


def read_request(cursor: Cursor, message: Message) -> None:
    """One request from its first line on."""
    line = cursor.peek()
    is_bare = line.end - line.until == 1
    message.line = line.text
    is_old = is_simple(line.text)
    if not line.has_end:
        message.lacks = "line"
        cursor.take(message, "request-line", line.end, "This line has no end yet.", True)
        return
    said, is_odd = request_line(line.text)
    cursor.take(
        message, "request-line", line.end, join(said, ending(True, is_bare)), is_odd or is_bare
    )
    if is_old and not goes_on(cursor):
        return
    if not read_headers(cursor, message):
        message.lacks = "" if is_old else "headers"
        if not is_old:
            message.notes.append(WAITS)
        return
    hosts = message.values(b"host")
    if message.line.endswith(b"HTTP/1.1") and len(hosts) != 1:
        message.notes.append(
            "HTTP/1.1 wants one Host header, and it has none. A strict server answers 400."
            if not hosts
            else "It has more than one Host header. A strict server answers 400."
        )
    read_body(cursor, message)


def read_body(cursor: Cursor, message: Message) -> None:
    """What follows the empty line: a request without a length has no body."""
    lengths(message)
    if message.is_chunked:
        read_chunks(cursor, message)
    elif message.length:
        read_length(cursor, message, message.length)
    if message.lacks:
        message.notes.append("Its body is shorter than its headers say: the server waits for more.")


def is_simple(text: bytes) -> bool:
    """Whether it is a request as HTTP/0.9 had it: a method and a path, and that is all."""
    words = text.split()
    return len(words) == 2 and words[0] == b"GET" and not words[1].startswith(b"HTTP/")


def goes_on(cursor: Cursor) -> bool:
    """Whether headers follow, or the empty line behind them."""
    line = cursor.peek()
    name, colon, _ = line.text.partition(b":")
    return not cursor.ended() and (not line.text or bool(colon and TOKEN.fullmatch(name)))


def request_line(text: bytes) -> tuple[str, bool]:
    """What a request's first line says, and whether it is odd."""
    words = text.split(b" ")
    if is_simple(text):
        return "As HTTP/0.9 had it: a method and a path, no version and no headers.", False
    if len(words) != 3 or not all(words):
        return "A request line is a method, a path and a version, with one space between.", True
    method, _, version = words
    if version not in (b"HTTP/1.0", b"HTTP/1.1"):
        return "The third word should be HTTP/1.0 or HTTP/1.1.", True
    if method in METHODS:
        return f"Method, path and version. {method.decode()} means: {METHODS[method]}.", False
    if method.upper() in METHODS:
        return "Methods are written in capitals; to a server this is another word.", True
    return "No method that HTTP knows; a server may know it all the same.", True
