"""A file's bytes as text, in whatever encoding a spreadsheet or another system has saved it."""

import codecs

MOST_BYTES = 3 * 1024 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file begins with, and what it is in then."""


class RosterUnreadable(Exception):
    """It can't even be previewed; the text says why, and what to do."""


def decode(data: bytes) -> str:
    """A file as text: UTF-8, UTF-16, or else Windows' own cp1252. Raises RosterUnreadable."""
    if len(data) > MOST_BYTES:
        raise RosterUnreadable(
            f"The file is larger than {MOST_BYTES // 1024} KB. Import it in parts, or leave out "
            "the columns of assignments."
        )
    for mark, name in MARKS:
        if data.startswith(mark):
            return decode_as(data, name)
    if name := unmarked_utf_16(data):
        return decode_as(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return decode_as(data, "cp1252")


def decode_as(data: bytes, name: str) -> str:
    """In one encoding. Raises RosterUnreadable."""
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise RosterUnreadable(
            f"The file is no text: byte {error.start + 1} is none in {error.encoding}. Save it as "
            "“CSV UTF-8” and choose it again."
        ) from None


def unmarked_utf_16(data: bytes) -> str:
    """Which UTF-16 it is in though nothing says so: every other byte of a header's letters is 0."""
    head = data[:64]
    if len(head) < 4 or len(data) % 2:
        return ""
    odd, even = set(head[1::2]), set(head[::2])
    if odd == {0} and 0 not in even:
        return "utf-16-le"
    return "utf-16-be" if even == {0} and 0 not in odd else ""
