"""Every lab as it is written: it can be read, its scripts are Python, and its steps say enough."""

import ast
import re
from pathlib import Path

import pytest

from portal.catalog import writing
from portal.engine.lab.parse import content_of, load_lab
from portal.parts.places import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "labs").glob("*/lab.yaml"))
WEEK = re.compile(r"week\d+$")
COURSE = [each for each in FOLDERS if WEEK.search(each.name)]
NAMED = re.compile(r"/w205/([\w./-]+\.\w+)")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_it_has_no_mistake(folder: Path) -> None:
    assert writing.mistakes(folder) == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_each_file_that_a_command_names_is_one_of_its_files(folder: Path) -> None:
    loaded = load_lab(folder)
    files = {each.path: content_of(each, loaded.files) for each in loaded.spec.files}
    named = {name for each in loaded.spec.steps for name in NAMED.findall(each.shows_command)}
    assert named <= files.keys()
    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text, path)


@pytest.mark.parametrize("folder", COURSE, ids=lambda each: each.name)
def test_each_step_of_the_course_says_what_happens_and_what_a_failure_means(folder: Path) -> None:
    steps = load_lab(folder).spec.steps
    assert [each.id for each in steps if not each.text.strip()] == []
    assert [each.id for each in steps if not each.fail_message] == []
    assert (steps[0].run.move, steps[-1].run.move) == ("prepare", "down")


@pytest.mark.parametrize("folder", COURSE, ids=lambda each: each.name)
def test_each_line_of_code_of_the_course_is_python(folder: Path) -> None:
    for step in load_lab(folder).spec.steps:
        if step.run.language == "python":
            assert ast.parse(step.shows_command).body
