"""What is added to a read of a topic, and to no other."""

from portal.engine.guest.reading import OPTIONS, hasten


class Reader:
    """Keeps options, as pyspark's reader does."""

    def __init__(self) -> None:
        self.source = ""
        self.given: dict[str, str] = {}

    def format(self, source: str) -> "Reader":
        """Where rows come from."""
        self.source = source
        return self

    def option(self, name: str, value: str) -> "Reader":
        """One option."""
        return self.options(**{name: value})

    def options(self, **given: str) -> "Reader":
        """Many options."""
        self.given |= given
        return self


class Hastened(Reader):
    """One that `hasten` has been given."""


hasten(Hastened)


def test_a_topic_is_read_in_large_pieces_and_without_a_wait_at_its_end() -> None:
    reader = Hastened().format("Kafka").option("subscribe", "events")
    assert reader.source == "Kafka"
    assert reader.given == {**OPTIONS, "subscribe": "events"}


def test_other_sources_are_left_alone() -> None:
    assert Hastened().format("json").given == {}


def test_what_the_students_code_says_wins() -> None:
    name = next(iter(OPTIONS))
    assert Hastened().format("kafka").option(name, "500").given == {**OPTIONS, name: "500"}
