"""The list of causes as a page of the documentation."""

import re

from portal.engine.causes import GROUPS

BEGINNING = """\
# Causes

What can go wrong in a step, or go otherwise than it seems: the name that a run's row and its page
carry, whose part it is, what is said, and what to do next. What a sound cluster can have is made in
one by the tests; they name the few that it can't. This page is written by
`python -m portal.engine.causes`, and a test holds it to that.
"""


def listing() -> str:
    """All causes, a table a group."""
    lines = [BEGINNING]
    for title, causes in GROUPS.items():
        lines += [f"## {title}", "", "| name | whose part | what is said | next step |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [
            f"| `{each.name}` | {each.part.label} | {cell(each.says)} | {cell(each.advice)} |"
            for each in causes
        ]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def cell(template: str) -> str:
    """A template as people read it, in a table's cell."""
    text = re.sub(r"(?<!\{)\{(\w+)(?:![rs])?\}", r"*\1*", template.replace("{where}", ""))
    return text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")
