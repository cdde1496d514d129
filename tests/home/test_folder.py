"""What is taken home: the course's compose file, images from public sources, steps to read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from portal.catalog.images import operator_images
from portal.engine.home import lock
from portal.engine.home.compose import compose_file
from portal.engine.home.folder import Entry, entries
from portal.engine.home.images import home_image
from portal.engine.home.steps import steps_page
from portal.engine.kinds.call import Call
from portal.engine.lab.parse import load_lab, parse_lab
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import packages
from portal.parts.places import ROOT

LABS = ("week9", "week10", "week10-kraft")


def lab_of(name: str) -> LabSpec:
    return load_lab(ROOT / "labs" / name).spec


def taken_home(name: str) -> dict[str, Entry]:
    files = {each.path: b"" for each in lab_of(name).files}
    found = entries(lab_of(name), files, 3, operator_images())
    return {each.path: each for each in found}


def services_of(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(taken_home(name)["docker-compose.yml"].content)
    assert loaded["version"] == "2"
    services: dict[str, Any] = loaded["services"]
    return services


def test_it_is_the_courses_compose_file() -> None:
    services = services_of("week10")
    assert list(services) == ["zookeeper", "kafka", "spark", "mids"]
    zookeeper, kafka, spark, mids = services.values()
    assert zookeeper["environment"] == {
        "ZOOKEEPER_CLIENT_PORT": "32181",
        "ZOOKEEPER_TICK_TIME": "2000",
    }
    assert zookeeper["expose"] == ["2181", "2888", "32181", "3888"]
    assert kafka["depends_on"] == ["zookeeper"]
    assert kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://kafka:29092"
    assert kafka["expose"] == ["9092", "29092"]
    assert (spark["ports"], mids["ports"]) == (["8888:8888"], ["5000:5000"])
    for each in (spark, mids):
        assert (each["command"], each["stdin_open"], each["tty"]) == ("bash", True, True)
        assert each["volumes"] == ["./w205:/w205"]
    assert all(each["extra_hosts"] == ["moby:127.0.0.1"] for each in services.values())


@pytest.mark.parametrize(("name", "count"), [("week9", 3), ("week10-kraft", 3)])
def test_every_lab_has_what_its_services_are_built_from(name: str, count: int) -> None:
    services, found = services_of(name), taken_home(name)
    assert len(services) == count
    for service in services.values():
        assert f"{service['build'].removeprefix('./')}/Dockerfile" in found
        assert service["image"].startswith("localhost/sluice-")
    kafka = "kafka-kraft" if "kraft" in name else "kafka"
    assert f"images/{kafka}/bin/kafka-server" in found


def test_compose_fills_nothing_into_what_a_lab_says() -> None:
    lab = parse_lab(
        "{name: a, title: A, summary: A, tools: b, services: [{name: b, image: mids, "
        "command: [sh, -c, 'echo $HOME'], environment: {WORD: '${x}'}}], "
        "steps: [{id: up, title: Up, shows_command: docker-compose up -d, run: {kind: up}}]}",
        lambda name: "",
    )
    service = yaml.safe_load(compose_file(lab, {"mids": "x"}, frozenset()))["services"]["b"]
    assert service["environment"] == {"WORD": "$${x}"}
    assert service["command"][2] == "echo $$HOME"
    assert "build" not in service


@pytest.mark.parametrize("name", LABS)
def test_every_download_has_a_sum(name: str) -> None:
    found = {path: each.content.decode() for path, each in taken_home(name).items()}
    for path, text in found.items():
        if path.endswith(".sha256"):
            assert re.fullmatch(r"([0-9a-f]{64}  \S+/\S+\.jar\n)+", text)
        if path.endswith("requirements.txt"):
            assert re.fullmatch(r"(\S+==\S+ .*\n(    --hash=sha256:[0-9a-f]{64}.*\n)+)+", text)
        if path.endswith("Dockerfile"):
            folder = path.removesuffix("Dockerfile")
            assert text.count("ARG BASE=debian:bookworm-slim") == 1
            assert ("--require-hashes" in text) is (f"{folder}requirements.txt" in found)
            sums = [each for each in found if each.startswith(folder) and ".sha256" in each]
            assert text.count("sha256sum --check") == len(sums)
            assert text.rstrip().endswith("USER student")


def packages_of(name: str) -> set[str]:
    text = home_image(operator_images()[name], operator_images()).files["requirements.txt"].decode()
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_an_image_has_what_its_commands_need_and_nothing_of_the_portals() -> None:
    mids, spark = packages_of("mids"), packages_of("spark")
    assert {"flask", "werkzeug", "jinja2", "kafka-python"} <= mids
    assert {"pyspark", "py4j"} <= spark
    assert not {"ipykernel", "django", "pyspark"} & mids
    assert not {"ipykernel", "tornado"} & spark


def test_what_comes_from_pypi_is_the_portals_own() -> None:
    found = list(lock.asked(operator_images()))
    assert [each.name for each in found] == ["mids", "spark"]
    for image in found:
        committed = image.beside(lock.LOCK)
        assert committed
        written = lock.locked(image, operator_images())
        assert committed.read_text() == written, "python -m portal.engine.home.lock"


def test_a_portal_without_these_packages_can_give_a_lab_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "closure", lambda names: pytest.fail("it looked for them"))
    assert b"pyspark==" in taken_home("week10")["images/spark/requirements.txt"].content


def test_another_content_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "hello").write_text("#!/bin/sh\necho hello\n")
    image = Image("x", tag="x:1", path=("/opt/images/x/bin",), folder=tmp_path)
    images = operator_images()
    first = home_image(image, images)
    assert home_image(image, images).tag == first.tag
    assert "ENV PATH=/opt/images/x/bin:$PATH" in first.files["Dockerfile"].decode()
    (tmp_path / "bin" / "hello").write_text("#!/bin/sh\necho goodbye\n")
    assert home_image(image, images).tag != first.tag


def test_an_image_that_is_none_of_ours_keeps_its_name() -> None:
    lab = lab_of("week9")
    images = {**operator_images(), "kafka": Image("kafka", tag="example.org/kafka:2")}
    found = {each.path: each.content for each in entries(lab, {}, 1, images)}
    kafka = yaml.safe_load(found["docker-compose.yml"])["services"]["kafka"]
    assert (kafka["image"], "build" in kafka) == ("example.org/kafka:2", False)
    assert not any(path.startswith("images/kafka/") for path in found)


@pytest.mark.parametrize("name", LABS)
def test_the_steps_say_every_command_in_a_block_of_its_own(name: str) -> None:
    lab = lab_of(name)
    tokens = MarkdownIt("commonmark").parse(steps_page(lab))
    blocks = "\n".join(each.content for each in tokens if each.type == "fence")
    headings = [each.content for each in tokens if each.type == "inline" and each.level == 1]
    for number, step in enumerate(lab.steps, 1):
        assert f"{number}. {step.title}" in headings
        shown = [step.shows_command]
        if isinstance(step.run, Call):
            shown = [each.command for each in step.run.buttons]
        if step.run.needs_somebody:  # A question is text, and nothing to type.
            assert step.shows_command in steps_page(lab)
            continue
        assert all(each.strip() in blocks for each in shown)
    # The one that spares other work comes first.
    assert blocks.index("down --remove-orphans") < blocks.index("docker rm -f")
    assert "%(" not in blocks


def test_the_readme_knows_the_lab() -> None:
    text = taken_home("week10")["README.md"].content.decode()
    assert "zookeeper, kafka, spark and mids" in text
    assert "version 3 of the lab `week10`" in text
    assert not re.search(r"\$[a-z]", text)
