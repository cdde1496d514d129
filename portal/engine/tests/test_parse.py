"""Reading a lab: what is wrong is told where it is, in words."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.lab.cluster import Limits
from portal.engine.lab.marked import BREAK, MAX_BYTES, Mark, Node, compose
from portal.engine.lab.parse import load_lab, parse_lab
from portal.engine.lab.problems import LabInvalid, Problem
from portal.engine.lab.spec import LabSpec

SMALL = """\
name: small
title: Small
summary: A lab
tools: mids
services:
  - name: mids
    image: mids
    environment: {PORT: 5000}
steps:
  - id: hello
    title: Say hello
    shows_command: docker-compose exec mids echo hello
    run: {kind: exec}
"""
WEEK10 = Path(__file__).resolve().parents[3] / "labs" / "week10"


def no_file(name: str) -> str:
    raise FileNotFoundError(f"there is no file {name!r} beside lab.yaml")


def read(text: str, **operator: object) -> LabSpec:
    return parse_lab(text, no_file, **operator)  # type: ignore[arg-type]


def problems(text: str, **operator: object) -> tuple[Problem, ...]:
    with pytest.raises(LabInvalid) as caught:
        read(text, **operator)
    return caught.value.problems


def only(text: str, **operator: object) -> Problem:
    (found,) = problems(text, **operator)
    return found


def test_it_reads_a_small_lab() -> None:
    spec = read(SMALL)
    assert spec.name == "small"
    assert spec.steps[0].command.argv == ("echo", "hello")


def test_a_number_in_an_environment_needs_no_quotes() -> None:
    assert read(SMALL).services[0].environment == {"PORT": "5000"}


def test_words_that_yaml_1_1_takes_for_something_else_are_text() -> None:
    text = SMALL.replace("{PORT: 5000}", "{A: yes, B: 2024-01-01, C: 1:20, D: off}")
    assert read(text).services[0].environment == {
        "A": "yes",
        "B": "2024-01-01",
        "C": "1:20",
        "D": "off",
    }


@pytest.mark.parametrize("mode", ["0755", "0o755", "493"])
def test_a_mode_is_octal_as_in_a_shell(mode: str) -> None:
    text = SMALL + f"files:\n  - {{path: a.sh, content: hi, mode: {mode}}}\n"
    assert read(text).files[0].mode == 0o755


def test_an_unknown_key_is_told_at_the_key_with_the_one_that_was_meant() -> None:
    found = only(SMALL.replace("title: Say", "titel: x\n    title: Say"))
    assert (found.line, found.column, found.key) == (11, 5, "steps[0].titel")
    assert "did you mean 'title'?" in found.message
    assert "shows_command" in found.message


def test_an_unknown_key_of_a_run_is_offered_the_keys_of_its_kind() -> None:
    found = only(SMALL.replace("{kind: exec}", "{kind: server, prot: 1, port: 5000}"))
    assert found.key == "steps[0].run.prot"
    assert "choose from kind, port, process" in found.message


def test_a_missing_key_is_told_at_the_mapping_that_lacks_it() -> None:
    found = only(SMALL.replace("    title: Say hello\n", ""))
    assert (found.line, found.column, found.key) == (10, 5, "steps[0].title")
    assert found.message == "is missing"


def test_an_unknown_kind_of_step_is_told_at_the_kind() -> None:
    found = only(SMALL.replace("kind: exec", "kind: exce"))
    assert (found.line, found.column, found.key) == (13, 17, "steps[0].run.kind")
    assert "did you mean 'exec'?" in found.message


def test_a_run_without_a_kind_is_told_so() -> None:
    assert "'kind'" not in only(SMALL.replace("{kind: exec}", "{port: 1}")).message
    assert only(SMALL.replace("{kind: exec}", "{port: 1}")).key == "steps[0].run.kind"


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    text = SMALL.replace("name: small", "name: Small Lab").replace("kind: exec", "kind: no")
    assert [each.line for each in problems(text)] == [1, 13]


def test_a_command_that_no_student_could_type_is_told_at_the_command() -> None:
    found = only(SMALL.replace("docker-compose exec mids echo hello", "echo 'hello"))
    assert (found.line, found.column) == (12, 20)
    assert found.key == "steps[0].shows_command"


def test_a_service_that_a_command_names_must_be_one_of_the_labs() -> None:
    found = only(SMALL.replace("exec mids", "exec kafka"))
    assert found.key == "steps[0].shows_command"
    assert found.message == "no service is called 'kafka': the services are mids"


def test_a_service_that_a_check_or_a_button_names_must_be_one_of_the_labs() -> None:
    step = """\
  - id: call
    title: Call
    shows_command: curl
    run:
      kind: call
      buttons: [{label: a, command: docker-compose exec nowhere curl x}]
    check: {run: docker-compose exec nobody true, message: m}
"""
    found = {each.key: each.line for each in problems(SMALL + step)}
    assert found == {"steps[1].run.buttons[0].command": 19, "steps[1].check.run": 20}


def test_a_step_needs_earlier_steps_only() -> None:
    found = only(SMALL + "    needs: [hello]\n")
    assert (found.line, found.key) == (14, "steps[0].needs[0]")


def test_two_steps_with_one_name_are_told_at_the_second() -> None:
    step = SMALL[SMALL.index("  - id: hello") :]
    assert (only(SMALL + step).line, only(SMALL + step).key) == (14, "steps[1].id")


def test_an_image_that_the_operator_does_not_allow_is_refused() -> None:
    found = only(SMALL, allowed_images={"midst", "kafka"})
    assert (found.line, found.column, found.key) == (7, 12, "services[0].image")
    assert "choose from kafka, midst" in found.message
    assert "did you mean 'midst'?" in found.message


def test_a_limit_above_the_operators_is_refused_at_the_limit() -> None:
    text = SMALL.replace("    image: mids\n", "    image: mids\n    limits: {memory_mb: 4096}\n")
    found = only(text, ceilings=Limits(memory_mb=2048))
    assert (found.line, found.key) == (8, "services[0].limits.memory_mb")
    assert "2048" in found.message


def test_a_default_above_the_operators_ceiling_is_told_at_the_service() -> None:
    found = only(SMALL, ceilings=Limits(memory_mb=64))
    assert (found.line, found.key) == (6, "services[0].limits.memory_mb")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("authors: !!python/object:os.system [ls]", "tags"),
        ("authors: &a [x]", "anchors"),
        ("authors: *a", "anchors"),
        ("tools: mids", "given twice, first on line 4"),
        ("1: x", "isn't text"),
        ("? [a, b]\n: x", "isn't text"),
        ('authors: ["\\uD800"]', "escape"),
        ('authors: ["\\0"]', "escape"),
        ('authors: ["\\UFFFFFFFF"]', "not YAML"),
        ("authors: [a", "not YAML"),
        ("authors: " + "[" * 40 + "]" * 40, "deep"),
        ("...\n---\na: b", "second document"),
    ],
)
def test_what_no_lab_needs_of_yaml_is_refused_where_it_stands(line: str, words: str) -> None:
    found = only(SMALL + line + "\n")
    assert words in found.message
    assert found.line >= 14


def test_a_character_that_yaml_forbids_is_told_where_it_is() -> None:
    found = only("name: small\ntitle: a\x07b\n")
    assert (found.line, found.column) == (2, 9)


def test_a_text_that_is_too_long_is_not_even_read() -> None:
    assert "512 KB" in only("#" * (MAX_BYTES + 1)).message


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "just words"])
def test_a_text_without_a_mapping_is_refused(text: str) -> None:
    assert only(text).line == 1


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999}", "(" * 250])
def test_a_pattern_that_is_none_is_told(pattern: str) -> None:
    check = f"    check: {{matches: '{pattern}', message: m}}\n"
    assert only(SMALL + check).key == "steps[0].check.matches"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".", "a//b", "./a", ""])
def test_a_file_stays_under_its_folder(path: str) -> None:
    assert only(SMALL + f"files:\n  - {{path: '{path}', content: x}}\n").key == "files[0].path"


def test_a_file_that_is_not_there_is_told_where_it_is_named() -> None:
    found = only(SMALL + "files:\n  - path: a.py\n    from: app/a.py\n")
    assert (found.line, found.column, found.key) == (16, 11, "files[0].from")


def lab_in(folder: Path, files: str = "") -> Path:
    (folder / "lab.yaml").write_text(SMALL + files)
    return folder


def test_it_loads_a_folder_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("print('é')")
    loaded = load_lab(lab_in(tmp_path, "files:\n  - {path: b.py, from: a.py}\n"))
    assert loaded.files == {"a.py": "print('é')"}
    assert loaded.source.startswith("name: small")


def test_a_folder_without_a_lab_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(LabInvalid, match=r"no file 'lab\.yaml' in this folder"):
        load_lab(tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (257 * 1024)])
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.py").write_bytes(content)
    with pytest.raises(LabInvalid, match=r"16:1.: files\[0\]\.from"):
        load_lab(lab_in(tmp_path, "files:\n  - path: b.py\n    from: a.py\n"))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "a.py").symlink_to(tmp_path / "secret")
    with pytest.raises(LabInvalid, match="no file"):
        load_lab(lab_in(folder, "files:\n  - {path: b.py, from: a.py}\n"))


def is_told_inside(text: str) -> bool:
    """Whether a text is a lab, or each of its problems has a place in it."""
    try:
        read(text)
    except LabInvalid as error:
        return bool(error.problems) and all(is_inside(each, text) for each in error.problems)
    return True


def is_inside(problem: Problem, text: str) -> bool:
    lines = BREAK.split(text)
    line, column = problem.line, problem.column
    return 1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1


PIECES = [
    *"abn:{}[]-?!&*|>'\"#%@`,\\ \t\n\r\0\x85\u2028é\ud800\U0001f600",
    *("\n  ", "- ", ": ", "---", "...", "name: a\n", "steps:\n", "run: {kind: exec}", "kind: "),
    *("\\U00110000", "0", "1e999", "0o777", "<<: "),
]
YAML_LIKE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.one_of(st.text(), YAML_LIKE))
def test_any_text_is_a_lab_or_says_where_it_is_none(text: str) -> None:
    assert is_told_inside(text)


@given(st.integers(0, len(SMALL)), st.integers(0, 30), YAML_LIKE)
def test_a_lab_with_a_piece_replaced_is_a_lab_or_says_where_it_is_none(
    start: int, length: int, piece: str
) -> None:
    assert is_told_inside(SMALL[:start] + piece + SMALL[start + length :])


def mappings(node: Node, path: str = "") -> list[tuple[str, Node]]:
    """Every mapping of a lab whose keys the spec fixes."""
    here = [(path, node)] if node.keys and not path.endswith("environment") else []
    return here + [
        each for key, child in node.children.items() for each in mappings(child, f"{path}.{key}")
    ]


SOURCE = (WEEK10 / "lab.yaml").read_text()
LINES = SOURCE.splitlines()
KEYS = [
    mark
    for _, node in mappings(compose(SOURCE))
    for mark in node.keys.values()
    if not LINES[mark.line - 1][: mark.column - 1].strip()
]


@given(st.sampled_from(KEYS), st.from_regex(r"zz[a-z]{1,8}", fullmatch=True))
def test_an_unknown_key_anywhere_in_week_10_is_told_on_its_line(place: Mark, key: str) -> None:
    lines = LINES.copy()
    lines.insert(place.line - 1, " " * (place.column - 1) + f"{key}: 1")
    with pytest.raises(LabInvalid) as caught:
        parse_lab("\n".join(lines), lambda name: (WEEK10 / name).read_text())
    (found,) = caught.value.problems
    assert (found.line, found.column) == (place.line, place.column)
    assert re.search(rf"\b{key}$", found.key)


SECOND = """\
  - id: again
    title: Say it again
    shows_command: docker-compose exec nowhere echo hello
    run: {kind: exec}
    needs: [hullo]
    look_at: lgo
    check: {matches: "(?=x)", message: m}
"""


def test_what_one_mistake_hides_is_told_with_it() -> None:
    text = SMALL.replace("image: mids", "image: midz").replace("title: Say", "titel: Say") + SECOND
    found = problems(text, allowed_images={"mids"}, panels={"log", "output"})
    assert [each.key for each in found] == [
        "services[0].image",
        "steps[0].title",
        "steps[0].titel",
        "steps[1].shows_command",
        "steps[1].needs[0]",
        "steps[1].look_at",
        "steps[1].check.matches",
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("id: hello", "id: Hello!", "steps[0].id"),
        ("name: mids", "name: Mids", "services[0].name"),
        ("  - id: hello", "  - hello", "steps[0]"),
        ("tools: mids\n", "", "tools"),
        ("name: small\n", "", "name"),
        ("kind: exec", "kind: ask, asks: number, of: recordz", "steps[0].run.of"),
    ],
)
def test_a_mistake_brings_no_echo_of_itself(old: str, new: str, key: str) -> None:
    if new == "  - hello":
        text = SMALL[: SMALL.index("  - id: hello")] + "  - hello\n"
    else:
        text = SMALL.replace(old, new)
    text += "  - {id: z, title: Z, shows_command: docker-compose exec mids ls, "
    text += "run: {kind: exec}, needs: [hello]}\n"
    assert only(text).key == key
