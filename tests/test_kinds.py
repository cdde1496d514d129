"""A kind of step has a room of its own: nobody outside asks which kind a step has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.kinds import registry

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "portal" / "engine" / "kinds"
NAMES = [name for model in registry.models() for name in registry.names_of(model)]
KINDS = "portal.engine.kinds"
MODULES = {
    name
    for model in registry.models()
    for name in (model.__module__, model.__module__.rpartition(".")[0])
    if name != KINDS  # Where the registry is, which others may ask.
}
WORDS = "|".join(NAMES)


def sources() -> Iterator[Path]:
    """Every Python file of the portal outside the room, but tests; migrations stay as they were."""
    for path in sorted((ROOT / "portal").rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts) and ROOM not in path.parents:
            yield path


def asked_for(tree: ast.AST) -> Iterator[str]:
    """The lines of a module that ask for a kind by its class or its name."""
    for node in ast.walk(tree):
        said = ast.unparse(node) if isinstance(node, ast.ImportFrom | ast.Compare) else ""
        match node:
            case ast.ImportFrom(module=str(module)) if module in MODULES:
                yield said
            case ast.Compare() if re.search(rf"\bkind\b.*['\"]({WORDS})['\"]", said):
                yield said
            case ast.Match(subject=subject, cases=cases) if "kind" in ast.unparse(subject):
                patterns = " ".join(ast.unparse(each.pattern) for each in cases)
                if re.search(rf"['\"]({WORDS})['\"]", patterns):
                    yield f"match {ast.unparse(subject)}"


def test_no_module_outside_asks_for_a_kind() -> None:
    found = {
        str(path.relative_to(ROOT)): said
        for path in sources()
        if (said := list(asked_for(ast.parse(path.read_text()))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "from portal.engine.kinds.call import Call",
        "from portal.engine.kinds.spark import Spark",
        "x = step.run.kind == 'spark'",
        "if step.run.kind in ('up', 'down'): pass",
        "match step.run.kind:\n    case 'up' | 'down':\n        pass",
    ],
)
def test_asking_for_a_kind_is_noticed(code: str) -> None:
    assert list(asked_for(ast.parse(code)))


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("templates", rf"\bkind\b\s*(==|!=|in)\s*['\"]({WORDS})['\"]"),
        ("templates", rf"['\"]kinds/({WORDS})/"),
        ("static", rf"kind\b\s*(===?|!==?)\s*['\"]({WORDS})['\"]"),
        ("static", rf"data-kind=['\"]?({WORDS})\b"),
    ],
)
def test_no_page_outside_asks_for_a_kind(folder: str, pattern: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".html", ".js", ".css")
        and not {"vendor", "kinds"} & set(path.parts)
        and re.search(pattern, path.read_text())
    ]
    assert found == []


def test_each_folder_of_templates_is_a_kinds() -> None:
    folders = {path.name for path in (ROOT / "templates" / "kinds").iterdir()}
    assert folders <= {*NAMES, "_default"}
    assert {path.stem for path in (ROOT / "templates" / "kinds").rglob("*.html")} == {
        "_command",
        "_action",
        "_result",
        "_output",
    }


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere.Kind", "no kind of step at"),
        ("portal.engine.kinds.own.Nothing", "no kind of step at"),
        ("portal.engine.kinds.job.Job", "is no kind of step"),
        ("portal.engine.kinds.job.Kind", "has to say which kind"),
    ],
)
def test_a_path_that_leads_to_no_kind_is_told(path: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        registry.load((*registry.BUILT_IN, path))


def test_two_kinds_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "another_exec.py").write_text(
        "from portal.engine.kinds.exec import Exec\n\n\nclass Another(Exec):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="second kind called 'exec'"):
        registry.load((*registry.BUILT_IN, "another_exec.Another"))
