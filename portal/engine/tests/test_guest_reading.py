"""What is added to a read of a topic, and to no other."""

from portal.engine.guest.reading import MILLISECONDS, OPTION, hasten


class Reader:
    """Keeps options, as pyspark's reader does."""

    def __init__(self) -> None:
        self.source = ""
        self.options: dict[str, str] = {}

    def format(self, source: str) -> "Reader":
        """Where rows come from."""
        self.source = source
        return self

    def option(self, name: str, value: str) -> "Reader":
        """One option."""
        self.options[name] = value
        return self


class Hastened(Reader):
    """One that `hasten` has been given."""


hasten(Hastened)


def test_a_topic_is_read_without_a_wait_at_its_end() -> None:
    reader = Hastened().format("Kafka").option("subscribe", "events")
    assert reader.source == "Kafka"
    assert reader.options == {OPTION: MILLISECONDS, "subscribe": "events"}


def test_other_sources_are_left_alone() -> None:
    assert Hastened().format("json").options == {}


def test_what_the_students_code_says_wins() -> None:
    assert Hastened().format("kafka").option(OPTION, "500").options == {OPTION: "500"}
