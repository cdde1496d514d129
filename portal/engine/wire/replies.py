"""The replies in what came back, part by part: every one of a connection, not only the first."""

import re
from collections.abc import Sequence

from portal.engine.wire.bodies import read_chunks, read_length
from portal.engine.wire.heads import WAITS, ending, join, lengths, read_headers
from portal.engine.wire.part import Cursor, Message

STATUS = re.compile(rb"HTTP/\d\.\d ([1-9]\d\d)(?: .*|)", re.DOTALL)
LOOSE = re.compile(rb"HTTP/\S* +(\d{3})\b")
KINDS = {
    "1": "only word on the way; the reply follows",
    "2": "it worked",
    "3": "look elsewhere",
    "4": "the server finds fault with the request",
    "5": "the server itself failed",
}


def status_of(message: Message) -> int:
    """A reply's status; 0 for what has none."""
    found = LOOSE.match(message.line)
    return int(found[1]) if found else 0


def is_interim(message: Message) -> bool:
    """Whether the real reply is still to follow."""
    return 100 <= status_of(message) < 200 and status_of(message) != 101


def read_replies(
    data: bytes, methods: Sequence[bytes] = (), *, is_closed: bool = True
) -> list[Message]:
    """Every reply, one behind the other; their parts are all the bytes, whatever those are.

    `methods` are those of the requests in order: a reply to HEAD has no body. `is_closed` says
    whether the server has closed the connection, which ends a reply without a length.
    """
    cursor = Cursor(data)
    found: list[Message] = []
    number = 0
    while not cursor.ended():
        message = Message(cursor.at)
        found.append(message)
        if cursor.is_full:
            cursor.rest(message, "unread", "More than is told apart here.", odd=False)
            break
        if not begins(data, cursor.at):
            no_http(cursor, message, is_first=len(found) == 1)
            break
        method = methods[number] if number < len(methods) else b""
        read_reply(cursor, message, method, is_closed)
        number += not is_interim(message)
    return found


def begins(data: bytes, at: int) -> bool:
    """Whether a reply begins there, as far as one can see."""
    return b"HTTP/".startswith(data[at : at + 5])


def no_http(cursor: Cursor, message: Message, is_first: bool) -> None:
    """Bytes where a reply should begin."""
    if is_first:
        says = "No HTTP: a reply would begin with HTTP/ and a version."
    else:
        says = "More bytes than the reply before says that it has, and no new reply."
    cursor.rest(message, "no-http" if is_first else "extra", says)
    message.body = cursor.data[message.begin :]


def read_reply(cursor: Cursor, message: Message, method: bytes, is_closed: bool) -> None:
    """One reply from its status line on."""
    line = cursor.peek()
    is_bare = line.end - line.until == 1
    message.line = line.text
    if not line.has_end:
        message.lacks = "line"
        cursor.take(message, "status-line", line.end, "This line has no end.", True)
        return
    is_good = STATUS.fullmatch(line.text) is not None
    status = str(status_of(message))
    meaning = KINDS.get(status[:1], "nothing known")
    says = (
        f"Version, status and its name. {status} says: {meaning}."
        if is_good
        else "A status line is a version, a number of three digits and a few words."
    )
    cursor.take(
        message,
        "status-line",
        line.end,
        join(says, ending(True, is_bare)),
        is_bare or not is_good,
    )
    if not read_headers(cursor, message):
        message.lacks = "headers"
        message.notes.append(WAITS)
        return
    lengths(message)
    read_body(cursor, message, method, is_closed)


def read_body(cursor: Cursor, message: Message, method: bytes, is_closed: bool) -> None:
    """What follows the empty line."""
    status = status_of(message)
    if status == 101:
        cursor.rest(message, "unread", "From here on they speak something else.", odd=False)
    elif method == b"HEAD" or status in (204, 304) or is_interim(message):
        if method == b"HEAD" and (message.length or message.is_chunked):
            message.notes.append("A reply to HEAD tells of a body, and has none.")
    elif message.is_chunked:
        read_chunks(cursor, message)
    elif message.length is not None:
        read_length(cursor, message, message.length)
    else:
        begin = cursor.at
        says = "The body. Nothing says how long it is: it ends when the server closes."
        cursor.take(message, "body", len(cursor.data), says)
        message.body = cursor.data[begin:]
        message.lacks = "" if is_closed else "close"
    if message.lacks == "body":
        message.notes.append("Its body is shorter than its headers say.")
