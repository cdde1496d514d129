"""Faults: what a lab may say of them, what they do, and how they are put right."""

import json
import signal
from typing import Any

import pytest

from portal.engine import faults
from portal.engine.errors import ClusterGone, CommandCancelled, StepFailed
from portal.engine.faults import Deed, Fault
from portal.engine.kinds.ask.kind import NotJudged
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import perform
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.engine.lab.step import StepSpec
from portal.engine.runtimes.base import ClusterSpec, Halt, Impairment, State
from portal.engine.runtimes.fake import FakeRuntime, Reply

LAB = """\
name: small
title: Small
summary: Faults.
tools: mids
topics: [events]
services:
  - name: kafka
    image: kafka
    command: [kafka-server]
    environment: {KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka:29092"}
    ready: {run: [ready], waits_for: it}
  - {name: mids, image: mids}
steps:
  - id: serve
    title: Serve
    shows_command: docker-compose exec mids flask run
    run: {kind: server, process: flask, port: 5000}
  - id: pause
    title: Pause the broker
    shows_command: docker-compose pause kafka
    run: {kind: fault, does: pause, process: kafka}
  - id: which
    title: Which is it?
    shows_command: What does not work?
    optional: true
    run: {kind: ask, asks: choice, of: broken, choices: [kafka, flask]}
  - id: unplug
    title: Unplug the broker
    shows_command: docker network disconnect w205_default kafka
    run: {kind: fault, does: cut-link, process: kafka}
  - id: right
    title: Put it right
    shows_command: docker-compose unpause kafka
    run: {kind: fault, does: start}
  - id: poison
    title: Send a bad record
    shows_command: echo '{' | kafkacat -P -b kafka:29092 -t events
    run: {kind: fault, does: record, topic: events, value: "{"}
  - id: cut
    title: End the API before it has flushed
    shows_command: kill -9 $(pgrep flask)
    run: {kind: fault, does: cut-short, process: flask, path: /buy}
"""
SPEC = parse_lab(LAB, dict[str, str]().__getitem__)
PRODUCED = json.dumps({"type": "produced", "partition": 0, "offset": 7}).encode() + b"\n"


class Cluster:
    """A cluster in memory, and what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.status = b"200"
        self.runtime = FakeRuntime(replies=self.reply)
        list(self.runtime.up(ClusterSpec("s", SPEC.services, "mids", {})))
        self.runtime.start("s", "mids", "flask", ("flask", "run"))
        self.said: list[str] = []
        self.given: list[object] = []

    def reply(self, service: str, argv: tuple[str, ...]) -> Reply:
        self.asked.append(argv)
        if "guest.produce" in argv:
            return Reply(stdout=PRODUCED)
        return Reply(stdout=self.status if argv[0] == "curl" else b"")

    def do(self, step: str, **params: Any) -> None:
        self.perform(SPEC.step(step), **params)

    def perform(self, step: StepSpec, **params: Any) -> None:
        perform(
            Job(
                runtime=self.runtime,
                session="s",
                lab=SPEC,
                step=step,
                params=params,
                write=lambda stream, data: self.said.append(data.decode()),
                cancelled=lambda: False,
                give=self.given.append,
            )
        )

    def held(self) -> set[str]:
        return {each.name for each in faults.held(self.runtime, "s")}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_a_diagnosis_is_compared_with_what_the_cluster_says(cluster: Cluster) -> None:
    with pytest.raises(NotJudged, match="Everything works now"):
        cluster.do("which", answer="kafka")
    cluster.do("pause")
    assert cluster.given == [Fault(Deed.PAUSE, "kafka")]
    assert (cluster.held(), cluster.runtime.observe("s").state) == ({"kafka"}, State.UP)
    with pytest.raises(StepFailed, match="You said flask, which works"):
        cluster.do("which", answer="flask")
    cluster.do("which", answer="kafka")
    cluster.do("right")
    assert cluster.held() == set()
    assert cluster.said[-1] == "Everything works again.\n"


def test_a_link_that_is_cut_is_found_and_put_right(cluster: Cluster) -> None:
    cluster.do("unplug")
    assert cluster.said == ["kafka is cut off from all others.\n"]
    assert cluster.runtime.impaired("s") == {"kafka": Impairment.CUT}
    assert cluster.held() == set()
    cluster.do("which", answer="kafka")
    cluster.do("right")
    assert cluster.runtime.impaired("s") == {}
    assert ("ready",) in cluster.asked  # Its probe, before anybody is told that it works.


def test_a_server_of_a_step_has_no_link_of_its_own(cluster: Cluster) -> None:
    deeds = {each.does for each in faults.offers(SPEC) if each.target == "flask"}
    assert deeds == {Deed.PAUSE, Deed.STOP, Deed.KILL, Deed.CUT_SHORT}
    wrong = SPEC.step("unplug").run.model_copy(update={"process": "flask"})
    with pytest.raises(StepFailed, match="flask has no link of its own: kafka"):
        cluster.perform(SPEC.step("unplug").model_copy(update={"run": wrong}))
    assert cluster.runtime.impaired("s") == {}


def test_a_server_that_crashed_by_itself_is_broken_too(cluster: Cluster) -> None:
    cluster.runtime.end("s", "flask", 1)
    with pytest.raises(StepFailed, match="You said kafka, which works"):
        cluster.do("which", answer="kafka")
    cluster.do("which", answer="flask")


def test_a_bad_record_is_sent_and_told_of(cluster: Cluster) -> None:
    cluster.do("poison")
    assert cluster.said == ["events has a bad record: partition 0, offset 7.\n"]
    assert cluster.held() == set()


def test_a_server_is_cut_short_while_its_broker_is_away(cluster: Cluster) -> None:
    cluster.do("cut")
    curl = next(each for each in cluster.asked if each[0] == "curl")
    assert curl[-1] == "http://localhost:5000/buy"
    flask = cluster.runtime.observe("s").process("flask")
    assert flask is not None
    assert (flask.is_running, flask.exit_status) == (False, -signal.SIGKILL)
    assert cluster.held() == {"flask"}  # The broker works again.


def test_a_server_that_gave_no_good_answer_is_left_running(cluster: Cluster) -> None:
    cluster.status = b"500"
    with pytest.raises(StepFailed, match="answered 500 to GET /buy, so it was left running"):
        cluster.do("cut")
    assert cluster.held() == set()


def test_what_does_not_run_can_be_put_out_of_no_work(cluster: Cluster) -> None:
    cluster.runtime.end("s", "flask", 0)
    with pytest.raises(StepFailed, match="flask is not running"):
        faults.cause(cluster.runtime, "s", SPEC, Fault(Deed.KILL, "flask"))
    cluster.runtime.down("s")
    with pytest.raises(ClusterGone):
        faults.cause(cluster.runtime, "s", SPEC, Fault(Deed.RECORD, "events"))


def test_one_that_does_not_last_is_started_again_until_it_does(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "PAUSE_SECONDS", 0.0)
    tries = []
    works = cluster.runtime.resume

    def resume(session: str, process: str) -> None:
        works(session, process)
        tries.append(process)
        if len(tries) < 3:
            cluster.runtime.halt(session, process, Halt.KILL)

    monkeypatch.setattr(cluster.runtime, "resume", resume)
    cluster.runtime.halt("s", "kafka", Halt.KILL)
    assert faults.put_right(cluster.runtime, "s", SPEC) == ["kafka"]
    assert tries == ["kafka"] * 3
    cluster.runtime.halt("s", "kafka", Halt.KILL)
    tries.clear()
    with pytest.raises(CommandCancelled):
        faults.put_right(cluster.runtime, "s", SPEC, cancelled=lambda: True)


def test_a_lab_offers_what_its_clusters_have() -> None:
    offered = {(each.does, each.target) for each in faults.offers(SPEC)}
    assert {(Deed.PAUSE, "kafka"), (Deed.KILL, "flask"), (Deed.RECORD, "events")} <= offered
    assert (Deed.CUT_SHORT, "flask") in offered
    assert "mids" not in {target for _, target in offered}


@pytest.mark.parametrize(
    ("run", "key", "words"),
    [
        ("does: explode", "does", "'slow-link', 'start', 'record' or 'cut-short'"),
        ("does: stop", "process", "`does: stop` needs the process"),
        ("does: record", "topic", "needs the topic"),
        ("does: record, topic: t, process: kafka", "process", "leave this out"),
        ("does: stop, process: kafka, topic: t", "topic", "nothing else does"),
        ("does: stop, process: kafka, value: x", "value", "only `does: record`"),
        ("does: stop, process: kafka, path: /x", "path", "only `does: cut-short`"),
    ],
)
def test_what_a_fault_can_not_be_is_told_where_it_is(run: str, key: str, words: str) -> None:
    wrong = LAB.replace("does: pause, process: kafka", run)
    with pytest.raises(LabInvalid) as caught:
        parse_lab(wrong, dict[str, str]().__getitem__)
    said = {each.key: each.message for each in caught.value.problems}
    assert words in said[f"steps[1].run.{key}"]


def test_a_process_that_no_step_of_a_stored_lab_starts_is_the_labs_mistake(
    cluster: Cluster,
) -> None:
    wrong = LAB.replace("pause, process: kafka", "pause, process: kafak")
    spec = parse_lab(wrong, dict[str, str]().__getitem__, is_stored=True)
    job = Job(cluster.runtime, "s", spec, spec.step("pause"), {}, lambda *_: None, lambda: False)
    with pytest.raises(StepFailed, match="no process called 'kafak'"):
        perform(job)
