"""Branches: steps that are shown by an answer."""

import pytest

from portal.engine.home.steps import steps_page
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.engine.tests.test_ask import LAB, SPEC

BRANCH = """\
  - id: more
    title: More
    shows_command: docker-compose exec mids true
    when: {question: choice, answer: Kafka}
    run: {kind: exec}
  - id: after-more
    title: And more
    shows_command: docker-compose exec mids true
    when: {question: choice, answer: Kafka}
    run: {kind: exec}
    needs: [more]
"""


def test_a_branch_is_seen_by_some_and_weighs_nothing() -> None:
    spec = parse_lab(LAB + BRANCH, dict[str, str]().__getitem__)
    more = spec.step("more")
    assert (more.weight, more.optional) == (0, True)
    assert "more" not in spec.steps_to_finish
    assert more not in spec.common_steps
    everybody = len(spec.common_steps)
    assert [spec.count_of(done) for done in ([], ["call"], ["more"])] == [
        everybody,
        everybody,
        everybody + 1,
    ]
    assert more.when is not None
    assert [more.when.is_met(each, None) for each in ("Kafka", "Flask", None)] == [
        True,
        False,
        False,
    ]
    assert "*Only if you answered Kafka: Choose.*" in steps_page(spec)


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("question: choice", "question: chioce", "when.question", "no earlier step is called"),
        ("question: choice", "question: call", "when.question", "asks nothing"),
        ("answer: Kafka", "answer: Kakfa", "when.answer", "'Kakfa' is no answer"),
        ("choice, answer: Kafka", "rows, answer: five", "when.answer", "'five' is no answer"),
        ("choice, answer: Kafka", "columns, answer: a", "when.answer", "whether it `was` right"),
        ("choice, answer: Kafka", "words, was: wrong", "when.was", "nobody judges a text"),
        ("answer: Kafka", "answer: Kafka, was: right", "when.answer", "give either"),
        (", answer: Kafka", "", "when.answer", "give either"),
        ("run: {kind: exec}", "run: {kind: exec}\n    weight: 2", "weight", "only some see"),
    ],
)
def test_mistakes_in_a_branch_are_told_where_they_are(
    old: str, new: str, key: str, words: str
) -> None:
    at = len(SPEC.steps)
    with pytest.raises(LabInvalid) as caught:
        parse_lab(LAB + BRANCH.replace(old, new, 1), dict[str, str]().__getitem__)
    told = {(each.key, words in each.message) for each in caught.value.problems}
    assert (f"steps[{at}].{key}", True) in told


def test_only_a_branch_needs_one_of_itself() -> None:
    other = "answer: Flask".join(BRANCH.rsplit("answer: Kafka", 1))
    with pytest.raises(LabInvalid, match="only some see 'more'"):
        parse_lab(LAB + other, dict[str, str]().__getitem__)


def test_a_question_that_cannot_be_read_makes_no_echo_of_its_branches() -> None:
    wrong = (LAB + BRANCH).replace("    title: Choose\n", "", 1)
    with pytest.raises(LabInvalid) as caught:
        parse_lab(wrong, dict[str, str]().__getitem__)
    assert [each.message for each in caught.value.problems] == ["is missing"]
