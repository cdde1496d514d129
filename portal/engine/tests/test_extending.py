"""A lab that holds only what differs from another one."""

import re
import shutil
from pathlib import Path

import pytest

from portal.engine.lab.parse import load_lab, parse_lab
from portal.engine.lab.problems import LabInvalid

ROOT = Path(__file__).resolve().parents[3]
BASE = """\
name: base
title: Base
summary: What others extend.
tools: mids
services:
  - {name: zookeeper, image: zookeeper}
  - {name: kafka, image: kafka, environment: {A: 1, B: 2}, limits: {memory_mb: 256}}
  - {name: mids, image: mids}
files:
  - {path: a.py, from: a.py}
steps:
  - {id: up, title: Up, shows_command: docker-compose up -d, run: {kind: up}}
  - id: look
    title: Look
    shows_command: docker-compose exec mids true
    run: {kind: exec}
    hints: [One, Two]
  - {id: down, title: Down, shows_command: docker-compose down, run: {kind: down}}
"""
OWN = """\
extends: base
without: {services: [zookeeper]}
name: own
title: Own
services:
  - name: kafka
    environment: {A: null, C: 3}
steps:
  - id: look
    hints: [Other]
  - {id: more, title: More, shows_command: docker-compose exec mids id, run: {kind: exec}}
"""


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    """A folder of labs with the first of them."""
    write(tmp_path, "base", BASE)
    (tmp_path / "base" / "a.py").write_text("print(1)\n")
    return tmp_path


def write(labs: Path, name: str, text: str) -> Path:
    """A lab of that name."""
    (labs / name).mkdir(exist_ok=True)
    (labs / name / "lab.yaml").write_text(text)
    return labs / name


def refused(labs: Path, text: str, name: str = "own") -> str:
    """What is said of a lab that can't be read, with its place."""
    with pytest.raises(LabInvalid) as caught:
        load_lab(write(labs, name, text))
    return str(caught.value)


def test_a_lab_is_what_it_extends_and_what_differs(labs: Path) -> None:
    loaded = load_lab(write(labs, "own", OWN))
    spec = loaded.spec
    assert (spec.name, spec.title, spec.summary) == ("own", "Own", "What others extend.")
    assert [each.name for each in spec.services] == ["kafka", "mids"]
    kafka = spec.service("kafka")
    assert (kafka.environment, kafka.limits.memory_mb) == ({"B": "2", "C": "3"}, 256)
    assert [each.id for each in spec.steps] == ["up", "look", "more", "down"]
    assert spec.step("look").hints == ("Other",)
    assert loaded.files == {"a.py": "print(1)\n"}


def test_what_is_kept_is_the_whole_lab(labs: Path) -> None:
    loaded = load_lab(write(labs, "own", OWN))
    write(labs, "base", "changed since")
    assert parse_lab(loaded.source, loaded.files.__getitem__) == loaded.spec


def test_an_own_file_comes_before_that_of_the_other(labs: Path) -> None:
    own = write(labs, "own", OWN)
    (own / "a.py").write_text("print(2)\n")
    assert load_lab(own).files == {"a.py": "print(2)\n"}


def test_the_guides_example_extends_week_10(labs: Path) -> None:
    guide = (ROOT / "docs" / "writing-labs.md").read_text()
    _, example = re.findall(r"```yml\n(.*?)```", guide, re.DOTALL)
    shutil.copytree(ROOT / "labs" / "week10", labs / "week10")
    spec = load_lab(write(labs, "week10-short", example)).spec
    assert "telnet" not in [each.id for each in spec.steps]
    assert (spec.service("spark").limits.memory_mb, spec.service("spark").limits.cpus) == (3072, 2)


def test_labs_may_extend_one_that_extends(labs: Path) -> None:
    write(labs, "own", OWN)
    third = "extends: own\nname: third\nsteps:\n  - {id: look, title: X}\n"
    spec = load_lab(write(labs, "third", third)).spec
    assert (spec.title, spec.step("look").title, len(spec.steps)) == ("Own", "X", 4)


def test_a_lab_that_extends_itself_or_a_circle_is_refused_where_it_says_so(labs: Path) -> None:
    itself = refused(labs, "name: own\nextends: own\n")
    assert itself == "2:10: extends: goes round in a circle: own → own"
    write(labs, "a", "name: a\nextends: b\n")
    circle = refused(labs, "extends: a\nname: b\n", "b")
    assert circle == "1:10: extends: a goes round in a circle: b → a → b"
    for number in range(7):
        write(labs, f"deep{number}", f"name: deep{number}\nextends: deep{number + 1}\n")
    assert "more than 5 labs" in refused(labs, "name: own\nextends: deep0\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: nobody\nname: own\n", "1:10: extends: there is no lab 'nobody' beside this one"),
        ("extends: ../base\nname: own\n", "1:10: extends: there is no lab '../base'"),
        ("extends: [base]\nname: own\n", "1:10: extends: must be the name of a lab"),
        ("extends: base\nwithout: {steps: [nope]}\n", "2:19: without.steps: the lab that is"),
        ("extends: base\nwithout: [up]\n", "2:10: without: must be a mapping"),
        ("extends: base\nname: own\ntitel: x\n", "3:1: titel: there is no such key here"),
        ("extends: base\nname: own\nwithout: {services: [mids]}\n", "1:10: tools: no service"),
    ],
)
def test_what_is_wrong_is_told_in_the_own_text(labs: Path, text: str, said: str) -> None:
    assert said in refused(labs, text)


def test_a_lab_that_can_not_be_read_can_not_be_extended(labs: Path) -> None:
    write(labs, "base", "name: [")
    assert refused(labs, OWN).startswith("1:10: extends: base can't be read, line 1")


def test_a_text_alone_can_extend_nothing() -> None:
    with pytest.raises(LabInvalid, match="only a folder beside the other lab's can say this"):
        parse_lab(OWN, dict[str, str]().__getitem__)
