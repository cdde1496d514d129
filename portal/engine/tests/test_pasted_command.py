"""A command pasted from notes runs; one that can be read is never touched."""

import contextlib
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.engine.kinds.exec import Exec
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import perform
from portal.engine.lab.command import Command
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Done, Lab, NoChoice, Rerun, StepSpec, Typed
from portal.engine.pasted_command import REPAIRS, command_of, mended
from portal.engine.runtimes.base import Runtime, never
from portal.engine.tests.scripted import ScriptedRuntime

LINE = (
    "docker-compose exec kafka kafka-topics --create --topic events --partitions 1 "
    "--zookeeper zookeeper:32181"
)
LINES = LINE.replace(" --", " \\\n  --")
SERVE = "docker-compose exec mids env FLASK_APP=/w205/flask-with-kafka/game.py flask run -h 0.0.0.0"


def served(path: str) -> str:
    """The command that serves a script, with its path as it was pasted."""
    return SERVE.replace("/w205/flask-with-kafka/game.py", path)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"$ {LINE}", "prompts"),
        (f"science@w205s3-crook-13:~/w205/flask$ {LINE}", "prompts"),
        (f"root@4fd2a1:/w205# {LINE}", "prompts"),
        (f"PS C:\\Users\\me\\w205> {LINE}", "prompts"),
        (f"C:\\Users\\me\\w205>{LINE}", "prompts"),
        (f"(base) me@mac ~ % {LINE}", "prompts"),
        (f"  501  {LINE}", "prompts"),
        (LINES.replace("\n  ", "\n>   "), "prompts"),
        (f'$ {LINE}\nCreated topic "events".', "prompts"),
        (f"# create the topic\n{LINE}", "prompts"),
        ("\n".join(f"{at:>3}  {each}" for at, each in enumerate(LINES.split("\n"), 9)), "line num"),
        (LINES.replace("\\\n", "\\  \n"), "blanks after a backslash"),
        (LINES.replace("\\\n", "\\\t\n"), "blanks after a backslash"),
        (LINES.replace("\\\n", "^\n"), "another shell's sign for going on"),
        (LINES.replace("\\\n", "`\n"), "another shell's sign for going on"),
        (f"{LINE} \\\n", "a last backslash"),
        (LINES.replace("\n", "\r\n"), "line ends"),
        (LINE.replace("--", "\u2013"), "long dashes"),
        (LINE.replace("--", "\u2014"), "long dashes"),
        (LINE.replace("kafka-topics", "kafka\u2011topics"), "long dashes"),
        (LINE.replace(" ", "\u00a0"), "odd spaces"),
        (LINE.replace("events", "\u201cevents\u201d"), "curly quotes"),
        (f"\ufeff{LINE}", "invisible characters"),
        (LINE.replace("docker-compose", "docker compose"), "how compose is called"),
        (LINE.replace("docker-compose", "docker-compose.exe"), "how compose is called"),
        (f"winpty {LINE}", "how compose is called"),
        (f"sudo {LINE}", "how compose is called"),
        (f"C:\\Docker\\{LINE}", "how compose is called"),
        (f'"C:\\Program Files\\Docker\\docker-compose.exe"{LINE[14:]}', "how compose is called"),
        (LINE.replace("exec ", "exec -it "), "flags for a terminal"),
        (LINE.replace("exec ", "exec -T "), "flags for a terminal"),
    ],
)
def test_each_mark_of_pasting_is_taken_away_and_told(text: str, word: str) -> None:
    found = mended(text)
    assert Command.parse(found.text) == Command.parse(LINE), found
    assert any(each.startswith(word) for each in found.changes), found.changes
    assert command_of(text) == Command.parse(LINE)


@pytest.mark.parametrize(
    "path",
    [
        r"\w205\flask-with-kafka\game.py",
        r"C:\Users\me\w205\flask-with-kafka\game.py",
        r"c:\w205\flask-with-kafka\game.py",
        r"C:/Users/me/w205/flask-with-kafka/game.py",
        r"/c/Users/me/w205/flask-with-kafka/game.py",
        r"/mnt/c/Users/me/w205/flask-with-kafka/game.py",
        r"//w205/flask-with-kafka/game.py",
        r"~/w205/flask-with-kafka/game.py",
        r"/home/science/w205/flask-with-kafka/game.py",
        r"/w205\flask-with-kafka\game.py",
        r'"C:\Users\My Name\w205\flask-with-kafka\game.py"',
        r"'C:\Users\me\w205\flask-with-kafka\game.py'",
        "\u201cC:\\Users\\me\\w205\\flask-with-kafka\\game.py\u201d",
    ],
)
def test_a_path_of_ones_own_machine_is_the_clusters(path: str) -> None:
    assert command_of(served(path)) == Command.parse(SERVE)
    assert "paths of your own machine" in mended(served(path)).changes


def test_a_path_below_the_folder_keeps_its_folders() -> None:
    found = command_of(r"docker-compose exec spark spark-submit flask\jobs\extract.py")
    assert found.argv[-1] == "flask/jobs/extract.py"


def test_a_path_that_the_cluster_cannot_have_is_told() -> None:
    with pytest.raises(ValueError, match=r"names C:\\Users\\me\\game.py, a place on a machine"):
        command_of(served(r"C:\Users\me\game.py"))


def test_of_two_commands_none_is_run() -> None:
    for text in (f"{LINE}\n{LINE}", f"$ {LINE}\nCreated topic.\n$ {LINE}"):
        with pytest.raises(ValueError, match="more than one"):
            command_of(text)


def test_marks_are_taken_away_together() -> None:
    text = "\u00a0PS C:\\w205> " + LINES.replace("events", "\u2018events\u2019")
    text = text.replace("--", "\u2013").replace("\\\n", "` \r\n")
    assert command_of(text) == Command.parse(LINE)
    assert {"prompts", "curly quotes", "line ends", "long dashes"} <= set(mended(text).changes)


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        LINES,
        f"  {LINE}\t",
        'docker-compose exec mids curl -d \'{"say": "\u201cIt\u2019s\u201d \u2013 \u00a05"}\' http://x/',
        "docker-compose exec mids bash -c \"printf 'a\\\\n' | kafkacat -P -b kafka:29092 -t x\"",
        "docker-compose exec mids curl http://localhost:5000/w205/x.py",
        "docker-compose exec mids kafkacat -C -f '%o > %s\\n' -t events",
        "docker-compose exec mids bash -c 'docker-compose exec x y'",
        "docker-compose exec mids cat /data/w205/x /w205/x",
        "docker-compose exec mids echo 'a \\\n b'",
    ],
)
def test_what_is_no_paste_is_left_as_it_is(text: str) -> None:
    found = mended(text)
    assert (found.text, found.changes) == (text.strip(), ())
    assert command_of(text) == Command.parse(text)


@pytest.mark.parametrize(
    "more",
    [
        " | wc -l",
        "|wc -l",
        " && docker-compose exec mids ls",
        " >/tmp/out 2>&1",
        " 2>/dev/null",
        "; echo $?",
        " $(cat x)",
        " || true",
        " \\\n  | tail -n 1",
    ],
)
def test_what_a_shell_would_have_read_is_read_by_one(more: str) -> None:
    found = command_of(f"$ {LINE}{more}")
    assert (found.service, found.argv[:2]) == ("kafka", ("bash", "-c"))
    assert found.argv[2].endswith(f"; {LINE}{more}")


@pytest.mark.parametrize("more", [" 'a | b'", ' "a && b; c > d"', r" a\|b", " http://x/?a=1&b=2;c"])
def test_signs_that_no_shell_would_have_read_are_words(more: str) -> None:
    assert command_of(LINE + more) == Command.parse(LINE + more)


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        alphabet="ab \t\n\r\\>$#^`\"'-:/~w205docker-compose exec\u201c\u2013\u00a0", max_size=80
    )
)
def test_any_text_is_mended_or_left(text: str) -> None:
    found = mended(text)
    assert set(found.changes) <= {word for _, word in REPAIRS}
    with contextlib.suppress(ValueError):
        command_of(text)


def test_a_form_takes_a_pasted_command_and_says_what_is_wrong_with_another() -> None:
    kind = Exec(kind="exec")
    assert kind.params({"command_line": f"$ {LINE}"}) == {"command_line": f"$ {LINE}"}
    for text in ("ls -l", served(r"D:\game.py"), "docker-compose exec mids 'x"):
        with pytest.raises(NoChoice, match="The command"):
            kind.params({"command_line": text})


def test_a_script_has_a_line_for_a_shell_as_it_is() -> None:
    step = StepSpec.model_validate(
        {"id": "x", "title": "X", "shows_command": LINE, "run": {"kind": "exec"}}
    )
    line = f"{LINE} | wc -l && docker-compose exec kafka ls"
    again = Rerun(lab=cast(Lab, None), step=step, typed=Typed((line,)), worked=True, earlier=[])
    assert "".join(step.run.script(again)) == (
        f"{{ {line.replace('exec', 'exec -T')}\n}} </dev/null || missed X\n"
    )


def test_what_was_changed_is_shown_before_it_runs() -> None:
    runtime, said = ScriptedRuntime(b"fine\n"), []
    step = StepSpec.model_validate(
        {"id": "x", "title": "X", "shows_command": LINE, "run": {"kind": "exec"}}
    )
    lab = LabSpec.model_validate(
        {
            "name": "paste",
            "title": "Paste",
            "summary": "Paste.",
            "tools": "kafka",
            "services": [{"name": "kafka", "image": "kafka"}],
            "steps": [step.model_dump()],
        }
    )
    params = {"command_line": f"$ {LINES}".replace("\\\n", "\\ \n")}
    job = Job(
        runtime=cast(Runtime, runtime),
        session="s",
        lab=lab,
        step=step,
        params=params,
        write=lambda stream, data: said.append((stream, data.decode())),
        cancelled=never,
    )
    perform(job)
    assert runtime.asked == [Command.parse(LINE).argv]
    assert said[0][0] == "note"
    assert "Changed: blanks after a backslash, prompts. This runs:\n$ docker-" in said[0][1]
    assert step.run.typed(Done(lab, step, params)).commands == (LINES,)
