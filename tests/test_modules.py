"""A module that is too long to be read at once holds more than one thing."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINES = 300


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    folders = [ROOT / each for each in ("portal", "bench")]
    modules = [
        each for folder in folders for each in folder.rglob("*.py") if "tests" not in each.parts
    ]
    scripts = list((ROOT / "static" / "js").glob("*.js"))
    assert len(modules) > 400
    assert len(scripts) > 80
    modules += scripts
    lines = {str(each.relative_to(ROOT)): len(each.read_text().splitlines()) for each in modules}
    assert {name: count for name, count in lines.items() if count > LINES} == {}
