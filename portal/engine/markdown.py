"""Text inside Markdown: what is put into a document stays what it is."""

import re


def fenced(text: str, language: str) -> str:
    """A code block that nothing in the text can end."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def shell(text: str) -> str:
    """Lines for a shell, each ready to be copied."""
    return fenced(text.rstrip("\n"), "sh")


def one_line(text: str) -> str:
    """A text without line breaks or any other control character."""
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))
