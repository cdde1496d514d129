"""The authors' guide: its two labs are labs, and the second has every kind and every key."""

import re
from collections.abc import Iterator
from typing import Any

from portal.engine.lab.marked import compose
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.pictures import paths_in, picture_of
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.vocabulary import Model, below, keys_of, kind_of
from portal.engine.tests import drawn
from portal.engine.tests.test_spec import GUIDE, ROOT, all_models

IMAGES = {"zookeeper", "kafka", "spark", "mids"}


def pieces(language: str) -> list[str]:
    """The blocks of the guide in a language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


FIRST, *REST = pieces("yaml")
SECOND = "".join(REST)
BESIDE = {"api.py": pieces("python")[0]}
PICTURES = {"shop.png": drawn.png(640, 120)}


def look(name: str) -> None:
    """Look at a picture of the second lab."""
    picture_of(PICTURES[name])


def said(value: Any, model: Model) -> Iterator[tuple[Model, str]]:
    """Each key of a model that a value has, with those below it."""
    for key, each in value.items() if isinstance(value, dict) else ():
        yield model, key
        inside = below(model, key)
        for item in each if isinstance(each, list) else [each]:
            kind = item.get("kind") if isinstance(item, dict) else None
            for one in inside:
                if kind_of(one) in (None, kind):
                    yield from said(item, one)


def lacking(text: str) -> set[str]:
    """The keys of labs that a text has not."""
    have = set(said(compose(text).plain(), LabSpec))
    wanted = {(model, key) for model in all_models() for key in keys_of(model)}
    return {f"{model.__name__}.{key}" for model, key in wanted - have}


def test_the_guides_first_lab_is_one() -> None:
    spec = parse_lab(FIRST, dict[str, str]().__getitem__, allowed_images=IMAGES)
    assert [step.id for step in spec.steps] == ["cluster", "write", "read", "down"]


def test_the_pieces_of_its_second_lab_make_one() -> None:
    spec = parse_lab(SECOND, BESIDE.__getitem__, look, allowed_images=IMAGES)
    assert paths_in(spec) == PICTURES.keys()
    assert spec.steps[-1].run.move == "down"


def test_every_kind_and_key_has_an_example() -> None:
    assert lacking(SECOND) == set()


def test_the_service_that_it_gives_to_copy_is_that_of_a_lab() -> None:
    copied, _ = pieces("yml")
    lab = (ROOT / "labs" / "redis" / "lab.yaml").read_text()
    assert compose(copied).plain()["services"] == compose(lab).plain()["services"][:1]


def test_a_kind_or_key_without_an_example_is_noticed() -> None:
    without = re.sub(r"  - id: greet\n(?:    .*\n)+", "", SECOND)
    without = without.replace("process: flask, port", "port")
    assert lacking(without) >= {"Server.process", "Terminal.kind", "Terminal.service"}
    assert "Terminal.kind" not in lacking(SECOND)
