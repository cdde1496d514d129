"""Week 10 on two Docker hosts; one dies in mid-step, and the guide's commands add another."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.docker.engine import FIRST_TIME_SECONDS
from tests.faults.student import Student, eventually
from tests.hosts.further import Further, commands
from tests.hosts.networks import HOSTS
from tests.hosts.stage import Stage, stage
from tests.hosts.test_hosts import (
    EDITED,
    FILE,
    cards,
    is_done,
    reporting,
    rows,
    what_was_recorded_is_there,
)
from tests.s3 import Server

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(FIRST_TIME_SECONDS),
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces"),
]
UP_SECONDS = 180.0


@pytest.fixture
def played(docker_engine: str) -> Iterator[tuple[Stage, Server]]:
    """Each try has a stage of its own."""
    with stage(docker_engine) as made:
        try:
            yield made
        except BaseException:
            print(made[0].logs())
            raise


def test_week_10_on_docker_hosts_of_which_one_dies(played: tuple[Stage, Server]) -> None:
    made, bucket = played
    boss = Student(made.machine("web"), "boss", patience=60)
    ann, ben = (Student(made.machine("web"), name, patience=60) for name in ("ann", "ben"))
    try:
        eventually(
            lambda: reporting(boss, "docker") == {"one", "two"}, UP_SECONDS, "both hosts report"
        )
        the_lab_is_run_on_each(made)
        hers, his = each_gets_a_host_of_their_own(boss, ann, ben)
        the_lab_is_done(ann, bucket)
        one_dies_in_mid_step(made, ann, hers)
        what_was_recorded_is_there(ann)
        it_is_launched_elsewhere(boss, ann, ben, his)
        who_comes_back_ends_what_nobody_wants(made, boss, hers)
        a_further_host_is_added_by_five_commands(made, boss, hers, his)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{made.logs()}") from error


def host_of(boss: Student, session: str) -> str:
    """Where a session was placed."""
    found = eventually(lambda: hosts_of(boss, session), UP_SECONDS, f"{session} has a host")
    assert len(found) == 1, found
    return str(found[0])


def hosts_of(boss: Student, session: str) -> list[str]:
    """The hosts that are said to have it."""
    return [name for name, text in cards(boss).items() if f"/s/{session}/" in text]


def each_gets_a_host_of_their_own(boss: Student, ann: Student, ben: Student) -> tuple[str, str]:
    """Of two launches each host takes one."""
    ann.click_launch()
    ben.click_launch()
    found = host_of(boss, ann.session), host_of(boss, ben.session)
    assert sorted(found) == ["one", "two"]
    for each in (ann, ben):
        each.wait_until_up(UP_SECONDS)
    return found


def the_lab_is_run_on_each(made: Stage) -> None:
    """Week 10 by the command that authors type, on both at the same time; nothing is left of it."""
    words = ("lab", "run", "week10", "--json")
    with ThreadPoolExecutor(len(HOSTS)) as both:
        reports = list(both.map(lambda name: json.loads(made.manage(*words, name=name)), HOSTS))
    for report in reports:
        assert (report["runtime"], report["passed"]) == ("docker", True)
        assert len(report["steps"]) > 10
    assert [made.engines[name].sessions() for name in HOSTS] == [[], []]


def the_lab_is_done(ann: Student, bucket: Server) -> None:
    """From topic to table; web shows rows that it has no file of."""
    before = len(bucket.objects())
    ann.post(f"/s/{ann.session}/run-all/")
    eventually(lambda: is_done(ann), UP_SECONDS, "all steps end")
    assert len(rows(ann)) > 1
    assert len(bucket.objects()) == before + 1


def one_dies_in_mid_step(made: Stage, ann: Student, hers: str) -> None:
    """Runner, engine and network; its sessions say so, and that nothing is known of what ran."""
    ann.post(f"/s/{ann.session}/code/", path=FILE, code=EDITED)
    ann.click_run("extract")
    ann.wait_for_state("extract", "running")
    made.cut(hers)
    made.kill(hers)
    made.engines[hers].kill()
    silent = 'data-testid="silent-host"'
    eventually(lambda: silent in ann.page(), 90, "the session says that its host is silent")


def it_is_launched_elsewhere(boss: Student, ann: Student, ben: Student, his: str) -> None:
    """A new session comes up where one still lives, and nothing happens to who is there."""
    ann.click_launch()
    assert host_of(boss, ann.session) == his
    ann.wait_until_up(UP_SECONDS)
    assert ben.status() == "ready"


def who_comes_back_ends_what_nobody_wants(made: Stage, boss: Student, hers: str) -> None:
    """What is left of the cluster on its engine: the session has ended meanwhile."""
    engine = made.engines[hers]
    engine.start()
    assert len(engine.sessions()) == 1
    made.cut(hers, is_cut=False)
    made.begin_host(hers)
    eventually(lambda: hers in reporting(boss, "docker"), UP_SECONDS, "it reports again")
    eventually(lambda: engine.sessions() == [], 60, "it removes the cluster of no session")


def a_further_host_is_added_by_five_commands(
    made: Stage, boss: Student, hers: str, his: str
) -> None:
    """They are the guide's, and so is the way to take it away; meanwhile it has a student."""
    made.kill(hers)
    further = Further(made, hers)
    further.prepare()
    typed = commands("three")
    assert len(typed) == 5
    for line in typed:
        further.type(line)
    eventually(lambda: "three" in reporting(boss, "docker"), UP_SECONDS, "it reports")
    assert 'data-testid="release-three"' not in cards(boss)["three"]
    boss.post(f"/hosts/{his}/drain/", drain="1")
    cy = Student(made.machine("web"), "cy", patience=60)
    cy.click_launch()
    assert host_of(boss, cy.session) == "three"
    cy.wait_until_up(UP_SECONDS)
    cy.run("topic")
    cy.tear_down()
    boss.post("/hosts/three/drain/", drain="1")
    further.type("docker compose stop host-runner host-relay")
    eventually(lambda: ">silent<" in cards(boss)["three"], UP_SECONDS, "it is silent")
    boss.post("/hosts/three/forget/")
    assert "three" not in cards(boss)
