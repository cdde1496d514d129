"""The vocabulary of labs, and week 10 in it."""

import ast
import re
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest
from pydantic import ValidationError

from portal.engine.guest.confs import QUICK, words
from portal.engine.kinds.call import Button, Call
from portal.engine.kinds.spark import Spark
from portal.engine.lab import confs
from portal.engine.lab.check import Check
from portal.engine.lab.command import Command
from portal.engine.lab.parse import load_lab, parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.engine.lab.spec import LabSpec, services_of
from portal.engine.lab.vocabulary import Model, keys_of, models_in

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "writing-labs.md").read_text()
WEEK10 = load_lab(ROOT / "labs" / "week10")


def test_a_command_is_read_as_a_shell_would_read_it() -> None:
    line = "docker-compose exec mids \\\n  env A=1 bash -c 'echo \"$A\"'"
    assert Command.parse(line).argv == ("env", "A=1", "bash", "-c", 'echo "$A"')


@pytest.mark.parametrize(
    "line", ["", "ls", "docker-compose up -d", "docker-compose exec mids", "docker exec mids ls"]
)
def test_a_command_that_runs_in_no_service_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="docker-compose exec SERVICE"):
        Command.parse(line)


def test_a_lab_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        WEEK10.spec.title = "other"


def all_models() -> list[Model]:
    """Every model of a lab, once, the lab first."""
    found: list[Model] = [LabSpec]
    for model in found:
        for field in model.model_fields.values():
            found += [each for each in models_in(field.annotation) if each not in found]
    return found


def test_every_key_of_a_lab_is_in_the_guide() -> None:
    said = set(re.findall(r"`(\w+)`", GUIDE))
    missing = {f"{model.__name__}.{key}" for model in all_models() for key in keys_of(model)} - {
        f"{model.__name__}.{key}" for model in all_models() for key in said
    }
    assert not missing


def test_every_model_of_the_spec_is_reached() -> None:
    names = {model.__name__ for model in all_models()}
    assert {"LabSpec", "Limits", "Ready", "FileSpec", "Button", "Http", "Check", "Times"} <= names


def test_every_kind_and_tab_is_in_the_guide() -> None:
    kinds = {model.__name__.lower() for model in all_models() if "kind" in keys_of(model)}
    for word in kinds | {"log", "events", "http", "results", "code", "output"}:
        assert f"`{word}`" in GUIDE


IMAGES = {"zookeeper", "kafka", "spark", "mids"}
NOTES = [
    "docker-compose exec kafka kafka-topics --create --topic events --partitions 1"
    " --replication-factor 1 --if-not-exists --zookeeper zookeeper:32181",
    "docker-compose exec mids env"
    " FLASK_APP=/w205/flask-with-kafka-and-spark/game_api_with_json_events.py"
    " flask run --host 0.0.0.0",
    "docker-compose exec mids env"
    " FLASK_APP=/w205/flask-with-kafka-and-spark/game_api_with_extended_json_events.py"
    " flask run --host 0.0.0.0",
    "docker-compose exec mids curl http://localhost:5000/",
    "docker-compose exec mids curl http://localhost:5000/purchase_a_sword",
    "docker-compose exec mids kafkacat -C -b kafka:29092 -t events -o beginning -e",
    "docker-compose up -d",
    "docker-compose down",
    "exit()",
    "control-C",
    "events = raw_events.select(raw_events.value.cast('string'))",
    "extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()",
    "extracted_events.show()",
]


@pytest.mark.parametrize("line", NOTES)
def test_week_10_shows_the_notes_commands_as_they_are(line: str) -> None:
    assert line in "\n".join(step.shows_command for step in WEEK10.spec.steps).splitlines()


def test_week_10_shows_at_a_call_what_its_buttons_do() -> None:
    for step in WEEK10.spec.steps:
        if isinstance(step.run, Call):
            assert step.run.mixable == step.shows_command.splitlines()


def test_week_10_explains_and_hints_at_every_step() -> None:
    for step in WEEK10.spec.steps:
        assert step.text, step.id
        assert step.fail_message, step.id
        assert 1 <= len(step.hints) <= 3, step.id


def test_week_10_checks_every_step_that_a_student_can_get_wrong() -> None:
    steps = [step for step in WEEK10.spec.steps if not step.run.needs_somebody]
    unchecked = [step.id for step in steps if step.check is None]
    # What one sends by hand is an experiment: no reply to it is wrong.
    assert unchecked == ["prepare", "telnet", "down"]


def test_week_10s_pyspark_lines_are_python() -> None:
    (step,) = [each for each in WEEK10.spec.steps if isinstance(each.run, Spark)]
    assert len(ast.parse(step.shows_command).body) == 4


def test_the_services_of_a_step_are_those_of_its_command_and_its_check() -> None:
    assert services_of(WEEK10.spec.step("topic")) == {"kafka", "mids"}
    assert services_of(WEEK10.spec.step("extract")) == {"spark"}


SEEN = {
    "topic": (' topic "events" with 1 partitions:\n', ' topic "events2" with 1 partitions:\n'),
    "read": ('{"event_type": "purchase_sword"}\n', "% Reached end of topic events [0]\n"),
    "read-extended": (
        '{"event_type": "default", "Host": "localhost:5000", "Accept": "*/*"}\n',
        '{"event_type": "default"}\n' * 9,
    ),
}


@pytest.mark.parametrize(("step", "good", "bad"), [(key, *seen) for key, seen in SEEN.items()])
def test_week_10s_checks_have_teeth(step: str, good: str, bad: str) -> None:
    check = WEEK10.spec.step(step).check
    assert check is not None
    assert found(check, good) >= check.at_least
    assert found(check, bad) < check.at_least


def found(check: Check, output: str) -> int:
    return sum(bool(re.search(check.matches or "", line)) for line in output.splitlines())


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, MagicMock]:
    """A game API's test client, and what its producer was asked to send."""
    kafka = MagicMock()
    monkeypatch.setitem(__import__("sys").modules, "kafka", kafka)
    module = ModuleType("game_api")
    exec(WEEK10.files[f"app/{name}.py"], module.__dict__)
    kafka.KafkaProducer.assert_called_once_with(bootstrap_servers="kafka:29092")
    return module.app.test_client(), kafka.KafkaProducer.return_value.send


@pytest.mark.parametrize(
    "name", ["game_api_with_json_events", "game_api_with_extended_json_events"]
)
def test_the_game_apis_answer_as_the_notes_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, send = script(name, monkeypatch)
    assert client.get("/").text == "This is the default response!\n"
    assert client.get("/purchase_a_sword").text == "Sword Purchased!\n"
    assert [call.args[0] for call in send.call_args_list] == ["events", "events"]
    client.options("/purchase_a_sword")
    assert send.call_count == 2


def test_the_first_api_sends_the_type_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    client, send = script("game_api_with_json_events", monkeypatch)
    client.get("/purchase_a_sword")
    send.assert_called_once_with("events", b'{"event_type": "purchase_sword"}')


def test_the_second_api_adds_the_requests_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    client, send = script("game_api_with_extended_json_events", monkeypatch)
    client.get("/", headers={"User-Agent": "curl/8", "Accept": "*/*", "Host": "localhost:5000"})
    event = ast.literal_eval(send.call_args.args[1].decode())
    assert event == {
        "event_type": "default",
        "Host": "localhost:5000",
        "User-Agent": "curl/8",
        "Accept": "*/*",
    }


def test_a_button_is_a_command_too() -> None:
    with pytest.raises(ValidationError, match="docker-compose exec SERVICE"):
        Button(label="x", command="curl http://localhost:5000/")


def test_a_lab_finds_its_parts_by_name() -> None:
    spec: LabSpec = WEEK10.spec
    assert spec.service("kafka").expose == (9092, 29092)
    with pytest.raises(KeyError):
        spec.step("none")


SPARK = """\
name: small
title: Small
summary: A lab with Spark.
tools: spark
services:
  - name: spark
    image: spark
    conf:
      CONF
steps: [{id: up, title: Up, shows_command: docker-compose up -d, run: {kind: up}}]
"""


def small(conf: str) -> LabSpec:
    """A lab whose pyspark has such a setting."""
    text = SPARK.replace("CONF", conf)
    return parse_lab(text, dict[str, str]().__getitem__, allowed_images=IMAGES)


def test_a_lab_chooses_sparks_settings() -> None:
    service = small("spark.ui.enabled: true\n      spark.sql.shuffle.partitions: 4").service(
        "spark"
    )
    assert words(service.spark_conf) == (
        *("--conf", "spark.ui.enabled=true"),
        *("--conf", "spark.sql.shuffle.partitions=4"),
    )
    assert WEEK10.spec.service("spark").spark_conf == QUICK


@pytest.mark.parametrize(
    "setting",
    [
        "spark.jars: /w205/x.jar",
        "spark.driver.extraJavaOptions: -Dx=y",
        "spark.master: spark://elsewhere:7077",
        "spark.master: local[99]",
        "spark.sql.catalogImplementation: elsewhere",
        "spark.hadoop.hive.metastore.uris: file:///etc/passwd",
        "spark.hadoop.fs.defaultFS: file:///",
        'spark.ui.enabled: "true --jars x"',
        'spark.sql.session.timeZone: "UTC\\n"',
    ],
)
def test_a_setting_that_could_do_harm_is_refused_with_its_line(setting: str) -> None:
    with pytest.raises(LabInvalid) as caught:
        small(setting)
    (problem,) = caught.value.problems
    assert problem.line == 9
    assert setting.split(":")[0] in f"{problem.key} {problem.message}"


def test_every_setting_is_in_the_guide() -> None:
    assert all(f"`{name}`" in GUIDE or f"{name}: " in GUIDE for name in confs.ALLOWED)
