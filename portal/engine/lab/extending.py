"""A lab that holds only what differs from another: `extends: NAME`, of the folder beside its own.

What is read is the whole lab, written out: that is what a version keeps, so what is changed in the
other lab later changes none that was made before.
"""

from collections.abc import Callable

import yaml

from portal.engine.lab.marked import Mark, Node, NotPlain, compose

EXTENDS, WITHOUT = "extends", "without"
NAMED = {"services": "name", "steps": "id", "files": "path"}
"""The lists whose items have names, and the key of those."""
DEEPEST = 5
"""Labs that extend one another."""

ReadLab = Callable[[str], str]
"""The text of the lab of that name. Raises OSError or ValueError, in words."""


class CantExtend(Exception):
    """A lab can't be extended so; `mark` is where that is said."""

    def __init__(self, mark: Mark, key: str, message: str):
        super().__init__(message)
        self.mark, self.key = mark, key


def extends(root: Node) -> bool:
    """Whether a lab is only what differs from another."""
    return EXTENDS in root.children


def whole(root: Node, read_lab: ReadLab, seen: tuple[str, ...] = ()) -> Node:
    """The lab with all that it takes over. What comes from the other stands at `extends`.

    Raises CantExtend.
    """
    said = root.children.get(EXTENDS)
    if said is None:
        return root
    own = root.children.get("name")
    seen = (*seen, str(own.value) if own else "")
    name = said.value
    if not isinstance(name, str) or not name:
        raise CantExtend(said.mark, EXTENDS, "must be the name of a lab in the folder beside")
    if name in seen:
        way = " → ".join((*seen[seen.index(name) :], name))
        raise CantExtend(said.mark, EXTENDS, f"goes round in a circle: {way}")
    if len(seen) > DEEPEST:
        raise CantExtend(said.mark, EXTENDS, f"more than {DEEPEST} labs extend one another")
    try:
        base = whole(compose(read_lab(name)), read_lab, seen)
    except (OSError, ValueError) as error:
        raise CantExtend(said.mark, EXTENDS, str(error)) from error
    except NotPlain as error:
        words = f"{name} can't be read, line {error.mark.line}: {error}"
        raise CantExtend(said.mark, EXTENDS, words) from error
    except CantExtend as error:
        raise CantExtend(said.mark, EXTENDS, f"{name} {error}") from error
    if not isinstance(base.value, dict):
        raise CantExtend(said.mark, EXTENDS, f"{name} is no lab")
    place(base, said.mark)
    leave_out(base, root.children.get(WITHOUT))
    left = {key: each for key, each in root.children.items() if key not in (EXTENDS, WITHOUT)}
    return merged(base, Node(root.mark, root.value, left, root.keys))


def place(node: Node, mark: Mark) -> None:
    """Have a tree stand at one place: its own is in another text."""
    node.mark = mark
    node.keys = dict.fromkeys(node.keys, mark)
    for each in node.children.values():
        place(each, mark)


def leave_out(base: Node, given: Node | None) -> None:
    """Take out the items that `without` names. Raises CantExtend for what isn't there."""
    if given is None:
        return
    if not isinstance(given.value, dict) or not set(given.children) <= set(NAMED):
        words = f"must be a mapping of lists: {', '.join(NAMED)}"
        raise CantExtend(given.mark, WITHOUT, words)
    for key, names in given.children.items():
        items = base.children.get(key)
        for one in names.children.values():
            index = index_of(items, NAMED[str(key)], one.value)
            if items is None or index is None:
                words = f"the lab that is extended has no {one.value!r} there"
                raise CantExtend(one.mark, f"{WITHOUT}.{key}", words)
            kept = [each for number, each in items.children.items() if number != index]
            items.children = dict(enumerate(kept))


def merged(base: Node, own: Node) -> Node:
    """One tree of two: keys of both, lists of named items by their names, else the own value."""
    found = Node(own.mark, own.value, dict(base.children), {**base.keys, **own.keys})
    for key, node in own.children.items():
        before = base.children.get(key)
        if node.value is None and before is not None:
            del found.children[key]  # Nothing in the place of something takes it away.
        elif before is None or not isinstance(key, str):
            found.children[key] = node
        elif key in NAMED and isinstance(node.value, list) and isinstance(before.value, list):
            found.children[key] = merged_list(before, node, NAMED[key])
        elif isinstance(node.value, dict) and isinstance(before.value, dict):
            found.children[key] = merged(before, node)
        else:
            found.children[key] = node
    return found


def merged_list(base: Node, own: Node, name: str) -> Node:
    """Items of both. A new one comes behind that which stands before it in the own list."""
    items = list(base.children.values())
    after = len(items)
    for each in own.children.values():
        wanted = each.children[name].value if name in each.children else None
        found = index_of(Node(base.mark, [], dict(enumerate(items))), name, wanted)
        if found is None:
            items.insert(after, each)
            after += 1
        else:
            items[found] = merged(items[found], each)
            after = found + 1
    return Node(own.mark, [], dict(enumerate(items)))


def index_of(items: Node | None, name: str, wanted: object) -> int | None:
    """Where in a list the item of that name is."""
    for index, each in (items.children if items else {}).items():
        named = each.children.get(name)
        if named is not None and named.value == wanted and wanted is not None:
            return int(index)
    return None


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def text_node(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    """A text as people would write it."""
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", value, style="|" if "\n" in value else None
    )


Dumper.add_representer(str, text_node)


def written(root: Node, name: str) -> str:
    """The whole lab as a text of its own."""
    said = yaml.dump(root.plain(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written out: it extends {name}.\n{said}"
