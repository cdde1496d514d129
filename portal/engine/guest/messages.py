"""HTTP messages in bytes: where each request and each reply says that it ends."""

from dataclasses import dataclass, field

END = b"\r\n"
HEADERS = "headers"
"""The empty line that ends them has not come."""
BODY = "body"
"""There is less of it than its length says."""
MOST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests that some bytes hold."""

    methods: tuple[bytes, ...]
    """First word of each, also of the last if that has no end."""
    lacks: str = ""
    """What the last one still lacks: `headers`, `body`, or nothing."""
    targets: tuple[bytes, ...] = field(default=(), compare=False)
    """The second word of each whose headers have an end: its path, mostly."""

    @property
    def whole(self) -> int:
        """How many have an end: what a server can answer."""
        return len(self.methods) - bool(self.lacks)


def requests_in(data: bytes) -> Asked:
    """The requests, one behind the other, as a server on one connection reads them."""
    methods: list[bytes] = []
    targets: list[bytes] = []
    lacks = ""
    while len(methods) < MOST and not lacks:
        while data.startswith(END):
            data = data[2:]
        if not data:
            break
        head, blank, rest = data.partition(END * 2)
        words = head.split(None, 2)
        methods.append(words[0][:40] if words else b"")
        if not blank:
            lacks = HEADERS
            break
        targets.append(words[1] if len(words) > 1 else b"?")
        end = body_end(rest, fields(head))
        lacks, data = (BODY, b"") if end is None else ("", rest[end:])
    return Asked(tuple(methods), lacks, tuple(targets))


def body_end(body: bytes, headers: dict[bytes, bytes]) -> int | None:
    """Where a request's body ends; a request without a length has none. None if not there yet."""
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        return chunks_end(body)
    length = length_of(headers) or 0
    return length if len(body) >= length else None


def replies_in(data: bytes, methods: tuple[bytes, ...]) -> int:
    """How many replies are whole, to requests of these methods."""
    count = 0
    while count < MOST:
        method = methods[count] if count < len(methods) else b""
        end = reply_end(data, method == b"HEAD")
        if end is None:
            return count
        count, data = count + 1, data[end:]
    return count


def reply_end(answer: bytes, to_head: bool = False) -> int | None:
    """Where the first reply ends, as its own headers announce; None if it is not there yet."""
    head, blank, body = answer.partition(END * 2)
    if not blank:
        return None
    begin = len(head) + len(blank)
    status = head.split(END)[0].split(b" ")[1] if b" " in head.split(END)[0] else b""
    if status.startswith(b"1") and status != b"101":
        # The real answer follows; of two such words in a row only hostile servers are capable.
        after = None if body.startswith(b"HTTP/1.1 1") else reply_end(body, to_head)
        return None if after is None else begin + after
    if to_head or status in (b"204", b"304"):
        return begin
    headers = fields(head)
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        end = chunks_end(body)
        return None if end is None else begin + end
    length = length_of(headers)
    return None if length is None or len(body) < length else begin + length


def fields(head: bytes) -> dict[bytes, bytes]:
    """The headers of a message, without its first line."""
    lines = (line.partition(b":") for line in head.split(END)[1:])
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def length_of(headers: dict[bytes, bytes]) -> int | None:
    """The length of a body that says one."""
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 12 else None


def chunks_end(body: bytes) -> int | None:
    """Where a chunked body ends: behind its last, empty chunk and the trailer."""
    at = 0
    while True:
        size, newline, _ = body[at : at + 100].partition(END)
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            return None
        if not newline or length < 0:
            return None
        at += len(size) + 2
        if length == 0:
            if body.startswith(END, at):
                return at + 2
            end = body.find(END * 2, at)
            return None if end < 0 else end + 4
        at += length + 2
