"""Names of files that an answer proposes: whatever they hold, the header that says them is one."""

from django.utils.http import content_disposition_header

LONGEST = 200


def as_attachment(name: str) -> str:
    """The value of Content-Disposition for an answer that a browser saves under that name."""
    harmless = "".join(each if each.isprintable() and each not in "/\\" else "_" for each in name)
    # Django quotes, and encodes what isn't ASCII; the name is never empty.
    return str(content_disposition_header(True, harmless[:LONGEST] or "file"))
