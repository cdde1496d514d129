"""What the gap meter judges: how many there are at each place of the pipeline."""

from dataclasses import dataclass, field

from portal.engine.lab.spec import Flow

Kinds = dict[str, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are at each place of the pipeline, and what is known of how well that is."""

    sent: int = 0
    """Requests that the page has made."""
    refused: int = 0
    """Of those, the ones that found nobody listening."""
    answered: int = 0
    """2xx lines in the server's log."""
    redirected: int = 0
    not_found: int = 0
    """4xx lines."""
    failed: int = 0
    """5xx lines."""
    log_gap: int = 0
    """Lines of the log that were trimmed before anybody counted them."""
    begin: int = 0
    """The sum of the partitions' first offsets."""
    end: int = 0
    """The sum of the offsets after their last records."""
    not_json: int = 0
    not_object: int = 0
    topic_gap: int = 0
    """Records that nobody has seen one by one: what they hold isn't known."""
    has_topic: bool = True
    was_remade: bool = False
    """The topic was deleted and made again."""
    is_topic_gone: bool = False
    servers_ended: int = 0
    servers_killed: int = 0
    """Those that a fault has ended, and that may run again."""
    servers_typed: int = 0
    """Those that were run in a terminal: what they log is there, and nowhere else."""
    rows: int | None = None
    """Of the table that was extracted last; None while there is none."""
    is_shown: bool = False
    """A table was shown in a pyspark that was typed: as text, so its rows can't be counted."""
    rows_of: int | None = None
    """How many records the topic held then; None while nothing was extracted."""
    rows_bad: int = 0
    """Of those, the ones that were no JSON objects."""
    is_sending: bool = False
    is_settling: bool = False
    """Something came just now, and what belongs to it may be under way."""
    is_unread: bool = False
    """What there is has not been looked at yet."""
    is_extracting: bool = False
    by_path: Kinds = field(default_factory=dict)
    by_answer: Kinds = field(default_factory=dict)
    by_type: Kinds = field(default_factory=dict)
    by_row: Kinds = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    """What is proved of the newest requests that an error, or the way to Kafka, cost."""
    losses: tuple[str, ...] = ()
    """The same of good answers whose record was lost on its way to Kafka."""
    silent: tuple[str, ...] = ()
    """The same of good answers for which nothing was sent."""
    flow: Flow = field(default_factory=Flow)
    """What the lab calls the places."""

    @property
    def answers(self) -> int:
        """All lines of the log that tell of a request."""
        return self.answered + self.redirected + self.not_found + self.failed

    @property
    def records(self) -> int:
        """What is in the topic now."""
        return max(0, self.end - self.begin)
