"""Headers of a message, line by line, and what the usual ones say."""

import re

from portal.engine.wire.part import Cursor, Message

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
MEANINGS = {
    b"accept": "What the client would like to get.",
    b"allow": "The methods that this path takes.",
    b"connection": "Whether the connection stays open after this message.",
    b"content-encoding": "How the body is packed.",
    b"content-length": "How many bytes the body has.",
    b"content-type": "What the body is.",
    b"cookie": "What the server asked the client to remember.",
    b"date": "When the server wrote this.",
    b"etag": "A name for this version of the answer.",
    b"expect": "The client waits for word before it sends the body.",
    b"host": "Whom the client wants to speak to: one address may have several names.",
    b"keep-alive": "How long the connection stays open.",
    b"last-modified": "When this was changed last.",
    b"location": "Where to go instead. Nobody follows it here.",
    b"server": "What program answers.",
    b"set-cookie": "What the client is to remember.",
    b"transfer-encoding": "The body comes in chunks, each with its size before it.",
    b"user-agent": "What program asks.",
}
NO_LINE_FEED_ALONE = "It ends in a line feed alone; HTTP wants a carriage return before it."
WAITS = "The empty line that ends the headers has not come."


def ending(has_end: bool, is_bare: bool) -> str:
    """What is odd about how a line ends."""
    return NO_LINE_FEED_ALONE if has_end and is_bare else ""


def read_headers(cursor: Cursor, message: Message, name: str = "header") -> bool:
    """Headers up to and with the empty line; False where that has not come."""
    while not cursor.ended() and not cursor.is_full:
        line = cursor.peek()
        is_bare = line.end - line.until == 1
        if line.has_end and not line.text:
            says = "The empty line: the headers are over."
            cursor.take(message, "blank", line.end, join(says, ending(True, is_bare)), is_bare)
            return True
        if not line.has_end:
            cursor.take(message, name, line.end, "This line has no end yet.", True)
            break
        said, is_odd = header(message, line.text)
        cursor.take(message, name, line.end, join(said, ending(True, is_bare)), is_odd or is_bare)
    return False


def header(message: Message, text: bytes) -> tuple[str, bool]:
    """Take in a header; what it says, and whether it is odd."""
    name, colon, value = text.partition(b":")
    if text[:1] in (b" ", b"\t"):
        return "It goes on with the line before. Nobody should send such lines any more.", True
    if not colon:
        return "No header: it has no colon.", True
    message.headers.append((name.strip().lower(), value.strip()))
    if b"\0" in text or b"\r" in text:
        return "It has a control character in it, which no header may have.", True
    if not TOKEN.fullmatch(name):
        return "The name has a character that no header's name may have.", True
    return MEANINGS.get(name.lower(), ""), False


def join(*sentences: str) -> str:
    """Those that say something."""
    return " ".join(each for each in sentences if each)


def lengths(message: Message) -> None:
    """Note what is odd about how long a message says that it is."""
    lengths = message.values(b"content-length")
    codings = message.values(b"transfer-encoding")
    if lengths and codings:
        message.notes.append(
            "It has both Content-Length and Transfer-Encoding. Programs that disagree about which "
            "of them counts are how requests are smuggled."
        )
    elif lengths and message.length is None:
        message.notes.append("Its Content-Length is no number of bytes that one could count on.")
    if codings and not message.is_chunked:
        message.notes.append("Its Transfer-Encoding is not chunked: nobody knows where it ends.")
