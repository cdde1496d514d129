"""The portal's own programs, and how they are started."""

from pathlib import Path

from portal.engine import programs
from portal.engine.programs import guest, safely


def test_a_program_of_ours_is_started_without_a_students_modules() -> None:
    assert guest("tail", "kafka:29092", "events") == (
        *("python", "-sP", "-m", "guest.tail"),
        *("kafka:29092", "events"),
    )


def test_a_lab_that_names_one_has_it_started_so() -> None:
    assert safely(("python", "-m", "guest.ready", "kafka:1")) == guest("ready", "kafka:1")


def test_a_labs_other_commands_are_as_it_says() -> None:
    for argv in (("python", "-m", "http.server"), ("python", "x.py"), ("true",), ()):
        assert safely(argv) == argv


def test_nothing_else_in_the_engine_starts_one_by_itself() -> None:
    engine = Path(programs.__file__).parent
    found = [
        str(path.relative_to(engine))
        for path in engine.rglob("*.py")
        if '"-m", "guest.' in path.read_text() and "tests" not in path.parts
    ]
    # The sandbox's agent, which has the same options and one more.
    assert found == ["runtimes/sandbox/bubblewrap.py"]
