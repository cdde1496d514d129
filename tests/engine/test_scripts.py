"""Scripts as students write them, each in another way, pass each lab; with one mistake they fail.

What they are is in `tests/scripts`: none has the lab's own routes.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.engine import spark
from portal.engine.kinds.call import Call
from portal.engine.lab.parse import load_lab
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec
from portal.engine.runtimes.base import ClusterSpec
from tests.contract.cluster import Cluster, new_session
from tests.contract.drivers import VENV
from tests.engine.serving import PORT, Lesson, Told
from tests.engine.topics import do, new_topic

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]
SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
ROOT = "http://localhost:PORT"
JSON = "-H 'Content-Type: application/json'"
TOPIC = "events"


@dataclass(frozen=True)
class Mistake:
    """One change of a script that spoils it, the step that then fails, and what is said of it."""

    now: str
    instead: str
    step: str
    cause: str
    words: str


@dataclass(frozen=True)
class Script:
    """A script, how its routes are called, and what spoils it."""

    name: str
    calls: tuple[str, ...]
    routes: tuple[str, ...]
    mistake: Mistake
    topic: str = TOPIC


ALL = [
    Script(
        "path_variables",
        (f"{ROOT}/", f"{ROOT}/buy/sword/2"),
        ("/", "/buy/<item>/<int:count>"),
        Mistake(
            '"count": count}', '"count": {count}}', "call", "server-error",
            "the script raised TypeError: Object of type set is not JSON serializable (line 19 of",
        ),
    ),
    Script(
        "post_json",
        (f"{JSON} -d '{{\"event_type\": \"buy\"}}' {ROOT}/events",),
        ("/events",),
        Mistake(
            'methods=["POST"]', 'methods=["PUT"]', "call", "wrong-method",
            "POST /events was answered 405 Method Not Allowed: its route takes PUT.",
        ),
    ),
    Script(
        "post_form",
        (f"{ROOT}/join_guild", f"-d guild=Thieves {ROOT}/join_guild"),
        ("/join_guild",),
        Mistake(
            'form["guild"]', 'form["name"]', "call", "bad-request",
            "POST /join_guild (1 of 2 calls) was answered 400 Bad Request",
        ),
    ),
    Script(
        "blueprint",
        (f"{ROOT}/shop/swords", f"-X POST {ROOT}/shop/swords"),
        ("/shop/swords", "/shop/swords"),
        Mistake(
            "    made.register_blueprint(shop)\n", "", "serve", "no-routes",
            "its app has no route at all",
        ),
    ),
    Script(
        "method_view",
        (f"{ROOT}/guild/", f"-X PUT {ROOT}/guild/", f"-X DELETE {ROOT}/guild/"),
        ("/guild/",),
        Mistake(
            "    def delete(self):\n        return self.send(\"leave\")\n", "", "call",
            "wrong-method",
            "DELETE /guild/ (1 of 3 calls) was answered 405 Method Not Allowed: its route takes "
            "GET, PUT.",
        ),
    ),
    Script(
        "own_topic",
        (f"{ROOT}/ride/pony",),
        ("/ride/<animal>",),
        Mistake(
            "**request.headers", '"headers": request.headers', "call", "server-error",
            "Object of type EnvironHeaders is not JSON serializable",
        ),
        "game-actions",
    ),
    Script(
        "several_producers",
        (f"{ROOT}/purchase_a_knife", f"{ROOT}/dance"),
        ("/purchase_a_knife", "/dance"),
        Mistake(
            'others = KafkaProducer(bootstrap_servers="kafka:29092"',
            'others = KafkaProducer(bootstrap_servers="kafka:9092", bootstrap_timeout_ms=500',
            "serve", "server-wrong-broker",
            "no broker answered at the address it uses: kafka:9092, line 8 of the script",
        ),
    ),
    Script(
        "async_view",
        (f"{ROOT}/sleep",),
        ("/sleep",),
        Mistake(
            'producer.send("events", ', "print(", "call", "nothing-sent",
            "The server answered 1 call, but no new record came to any topic",
        ),
    ),
    Script(
        "logging_only",
        (f"{ROOT}/fight",),
        ("/fight",),
        Mistake(
            '    return ""\n', "", "call", "server-error",
            "the script raised TypeError: The view function for 'fight' did not return a valid",
        ),
    ),
    Script(
        "flush_and_main",
        (f"{ROOT}/flush",),
        ("/flush",),
        Mistake(
            'bootstrap_servers="kafka:29092"',
            'bootstrap_servers="kafka:9092", bootstrap_timeout_ms=500', "call", "kafka-unreached",
            "Unable to bootstrap from kafka:9092 (line 10 of the script)",
        ),
    ),
]  # fmt: skip
LABS = ("week10", "week9", "week10-kraft")
PAIRS = [(lab, script) for lab in LABS for script in (ALL if lab == LABS[0] else ALL[::4])]
"""Every script in one lab; in those that serve and call by the same kinds of steps, a few."""


def with_topic(step: StepSpec, topic: str) -> StepSpec:
    """A lab's step on another topic: its own lines, as if the lab were about that one."""
    changed = {"shows_command": step.shows_command.replace(TOPIC, topic)}
    return step.model_copy(update=changed)


@pytest.fixture(scope="module")
def lessons(
    kafka_cluster: Cluster, week10: LabSpec, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Lesson]]:
    """A lab by its name, on one cluster for all of the scripts."""
    from django.conf import settings

    from portal.catalog.images import operator_images
    from portal.engine.runtimes.sandbox import SandboxRuntime

    with ExitStack() as clusters:
        clusters.callback(spark.stop, kafka_cluster.runtime, kafka_cluster.session)

        @functools.cache
        def find(name: str) -> Lesson:
            if name == "week10":
                return Lesson(kafka_cluster, week10)
            lab: LabSpec = load_lab(Path(settings.LABS_DIR) / name).spec
            folder = tmp_path_factory.mktemp(name)
            runtime = SandboxRuntime(folder=str(folder), venv=str(VENV), images=operator_images())
            cluster = Cluster(runtime, new_session())
            clusters.callback(runtime.down, cluster.session)
            list(runtime.up(ClusterSpec(cluster.session, lab.services, lab.tools, {})))
            return Lesson(cluster, lab)

        yield find


@pytest.fixture
def lesson(request: pytest.FixtureRequest, lessons: Callable[[str], Lesson]) -> Lesson:
    """One of the labs."""
    return lessons(request.param)


@pytest.fixture(autouse=True)
def nothing_is_left(lesson: Lesson) -> Iterator[None]:
    """Each script is served alone."""
    lesson.stop()
    yield
    lesson.stop()


each_pair = pytest.mark.parametrize(
    ("lesson", "script"),
    PAIRS,
    ids=[f"{lab}-{script.name}" for lab, script in PAIRS],
    indirect=["lesson"],
)


def source(script: Script, topic: str) -> str:
    """Its text, on a topic that nobody else writes to."""
    return (SCRIPTS / f"{script.name}.py").read_text().replace(f'"{script.topic}"', f'"{topic}"')


def called(lesson: Lesson, script: Script) -> Told:
    """Its calls, with the lab's own check."""
    return lesson.call(*script.calls, check=lesson.lab.step("call").check)


@each_pair
def test_a_script_that_does_what_the_lab_is_for_passes(lesson: Lesson, script: Script) -> None:
    topic = new_topic()
    do(lesson.cluster, "create", topic)
    served = lesson.serve(source(script, topic))
    assert served.error is None, (str(served.error), served.text())
    assert served.evidence.routes is not None
    assert tuple(each.rule for each in served.evidence.routes) == script.routes
    told = called(lesson, script)
    assert told.error is None, (str(told.error), told.text())
    check_run_all(lesson, served)
    read_and_extract(lesson, script, topic)


@pytest.mark.parametrize("lesson", LABS, indirect=True)
def test_the_labs_ab_calls_ten_times_and_has_a_table(lesson: Lesson) -> None:
    topic = new_topic()
    do(lesson.cluster, "create", topic)
    script = next(each for each in ALL if each.name == "path_variables")
    assert lesson.serve(source(script, topic)).error is None
    step = lesson.lab.step("call")
    assert isinstance(step.run, Call)
    (number,) = [str(at) for at, each in enumerate(step.run.buttons) if not each.mixed]
    (line,) = step.run.params({"command": number})["commands"]
    assert line == (
        'docker-compose exec mids ab -n 10 -H "Host: user1.comcast.com" http://localhost:5000/'
    )
    assert line not in step.run.params({"times": "100"})["commands"]
    told = lesson.do(step, commands=[line.replace("5000", str(PORT))])
    assert told.error is None, (str(told.error), told.text())
    (bench,) = told.evidence.benches
    assert (bench.requests, bench.failed, bench.non_2xx) == (10, 0, 0)
    assert bench.mean_ms
    none = lesson.do(step, commands=[line.replace("5000/", f"{PORT}/never")])
    assert none.cause == "no-call-of-ab-was-good", (str(none.error), none.text())


def check_run_all(lesson: Lesson, served: Told) -> None:
    """Calls that nobody chose pass too, unless every one of them had to guess a body."""
    step = lesson.lab.step("call")
    run = step.run
    assert isinstance(run, Call)
    buttons = [
        each.model_copy(update={"command": each.command.replace("5000", str(PORT))})
        for each in run.buttons
    ]
    run = run.model_copy(update={"buttons": tuple(buttons)})
    kept = served.evidence.as_kept()
    params = run.adapted(run.params({}), {}, {kept["port"]: kept["routes"]})
    told = lesson.do(step.model_copy(update={"run": run}), **params)
    replies = told.evidence.replies
    assert all(each.status not in (404, 405) for each in replies)
    if any(each.is_good for each in replies):
        assert told.error is None, (str(told.error), told.text())


def read_and_extract(lesson: Lesson, script: Script, topic: str) -> None:
    """The steps behind the call, as far as the lab has them."""
    step = lesson.lab.step("read")
    own = step.shows_command.replace(f"-t {TOPIC}", f"-t {topic}")
    read = lesson.do(step, command_line=own)
    assert read.error is None, (str(read.error), read.text())
    assert '"event_type"' in read.text("stdout")
    assert read.text().rstrip().endswith("exiting"), "events come before the word of their end"
    if any(each.id == "count" for each in lesson.lab.steps):
        counted = lesson.do(with_topic(lesson.lab.step("count"), topic))
        assert counted.error is None, (str(counted.error), counted.text())
    if any(each.id == "extract" for each in lesson.lab.steps):
        step = lesson.lab.step("extract")
        lines = step.shows_command.replace(f'"{TOPIC}"', f'"{topic}"')
        extracted = lesson.do(step, code=lines)
        assert extracted.error is None, (str(extracted.error), extracted.text())
        assert "event_type" in extracted.text("stdout")


@each_pair
def test_one_mistake_in_it_fails_with_what_it_is(lesson: Lesson, script: Script) -> None:
    topic, mistake = new_topic(), script.mistake
    do(lesson.cluster, "create", topic)
    text = source(script, topic)
    now = mistake.now.replace(f'"{script.topic}"', f'"{topic}"')
    assert now in text
    told = lesson.serve(text.replace(now, mistake.instead))
    if mistake.step == "call":
        assert told.error is None, (str(told.error), told.text())
        told = called(lesson, script)
    assert told.cause == mistake.cause, (str(told.error), told.text())
    assert mistake.words in str(told.error)
    assert told.error is not None
    assert told.error.advice
