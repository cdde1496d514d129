"""The gap meter's judgement: of what the page sent, how much came how far, and where is the rest?

Counts go in, words come out; nothing here knows where the counts are from.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from portal.insights.counts import Counts


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between two neighbours: which hop, how many, and the likely reason."""

    hop: str
    """`flask`, `kafka` or `spark`: the place that they did not reach."""
    count: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the meter says."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    """What explains a difference that is no loss."""
    doubts: tuple[str, ...] = ()
    """What can't be known, and why."""
    is_settling: bool = False

    @property
    def state(self) -> str:
        """`loss`, `unsure`, `settling` or `good`."""
        if self.findings:
            return "loss"
        if self.is_settling:
            return "settling"
        return "unsure" if self.doubts else "good"

    @property
    def hops(self) -> frozenset[str]:
        """The hops at which something was lost."""
        return frozenset(each.hop for each in self.findings)


def judge(counts: Counts) -> Verdict:
    """Compare the neighbours. While something is under way no loss is told of that hop.

    Where all has come already, what is under way is not waited for: it is told as it comes.
    """
    found = compared(counts)
    at_rest = replace(counts, is_sending=False, is_settling=False, is_extracting=False)
    is_settling = counts.is_unread or found != compared(at_rest)
    return replace(found, is_settling=is_settling)


def compared(counts: Counts) -> Verdict:
    """What the counts say, as far as they can be compared now."""
    is_moving = counts.is_sending or counts.is_settling
    findings = (
        *(() if counts.is_sending else at_flask(counts)),
        *(() if is_moving else at_kafka(counts)),
        *(() if is_moving or counts.is_extracting else at_spark(counts)),
    )
    return Verdict(
        findings=findings,
        notes=tuple(notes_of(counts)),
        doubts=tuple(doubts_of(counts)),
    )


def at_flask(counts: Counts) -> Iterator[Finding]:
    """From the page to a good answer."""
    if counts.failed:
        yield Finding(
            "flask",
            counts.failed,
            f"{times(counts.failed, 'request')} ended in a 500",
            " ".join(counts.troubles)
            or "The script raised an error: the log has its traceback, whose last line names it.",
        )
    if counts.not_found:
        yield Finding(
            "flask",
            counts.not_found,
            f"{times(counts.not_found, 'request')} got a 4xx",
            "Most likely no route of the script has that path: compare it with the code.",
        )
    if counts.redirected:
        yield Finding(
            "flask",
            counts.redirected,
            f"{times(counts.redirected, 'request')} got a redirect",
            "curl does not follow one unless it is told to: look whether a slash is missing.",
        )
    missing = counts.sent - counts.answers
    if missing <= 0 or counts.log_gap or counts.servers_typed:
        return
    refused = min(missing, counts.refused)
    if refused:
        yield Finding(
            "flask",
            refused,
            f"{times(refused, 'request')} found nobody listening",
            "The server was not running: start it, then call again.",
        )
    if not counts.is_settling and missing > refused:
        yield Finding(
            "flask",
            missing - refused,
            f"{times(missing - refused, 'request')} left no line in the log",
            "Something else answered, such as an API of another session or a server that no step "
            "has started; or the server was ended before it could write the line.",
        )


def at_kafka(counts: Counts) -> Iterator[Finding]:
    """From a good answer to a record. What was there before its beginning was trimmed counts."""
    if not counts.has_topic or counts.was_remade or counts.is_topic_gone or counts.log_gap:
        return
    missing = counts.answered - counts.end
    if missing <= 0:
        return
    what = f"the call of {counts.flow.sends_with}" if counts.flow.sends_with else "what sends it"
    why = (
        "The script answers without sending an event, or sends it to another topic: look for "
        f"{what} in the route."
    )
    if counts.servers_ended or counts.servers_killed:
        why = (
            f"{counts.flow.server} answers before its producer has flushed, so a server that was "
            "ended at once takes with it what it had not sent yet. If it ran on, the script "
            "answers without sending."
        )
    if proved := (*counts.losses, *counts.silent):
        why = " ".join((*proved, *(() if counts.losses else (why,))))
    lost = times(missing, "good answer")
    yield Finding("kafka", missing, f"{lost} left no record in the topic", why)


def at_spark(counts: Counts) -> Iterator[Finding]:
    """From the topic to the table that was extracted last."""
    if counts.rows_of is None or counts.was_remade or counts.is_topic_gone:
        return
    later = counts.records - counts.rows_of
    if later > 0:
        yield Finding(
            "spark",
            later,
            f"{times(later, 'record')} came after the extraction",
            "toDF() ran before the last curl: run the extraction again.",
        )
    if counts.rows_bad:
        yield Finding(
            "spark",
            counts.rows_bad,
            f"{times(counts.rows_bad, 'record')} of the topic {are(counts.rows_bad)} no JSON "
            "object",
            "json.loads fails for the whole table, or no row can be made of it. The Events tab "
            "shows which it is; leave it out with a filter.",
        )
    left_out = counts.rows_of - counts.rows_bad - (counts.rows or 0)
    if left_out > 0 and not (counts.rows is None and counts.rows_bad):
        why = "The code left them out: look for a filter, a limit or distinct() in it."
        if counts.rows is None:
            why = "The code made no table: the step's output says what went wrong."
        lost = times(left_out, "record")
        yield Finding("spark", left_out, f"{lost} {are(left_out)} not in the table", why)


def notes_of(counts: Counts) -> Iterator[str]:
    """More than before is no loss, but it wants a word."""
    more = counts.answers - counts.sent
    if more > 0 and not counts.is_sending:
        yield (
            f"{times(more, 'request')} {were(more)} not sent by the page nor typed one by "
            "one: what loops and scripts ask in a terminal is counted from the log."
        )
    more = counts.end - counts.answered
    if counts.has_topic and more > 0 and not counts.is_settling and not counts.was_remade:
        yield (
            f"{times(more, 'record')} more than good answers: produced by hand, sent by a request "
            "that then failed, or sent by a script that sends more than one."
        )
    if counts.rows is not None and counts.rows_of is not None and counts.rows > counts.rows_of:
        more = counts.rows - counts.rows_of
        yield f"The table has {times(more, 'row')} more than the topic had records, by its code."
    if counts.rows_of is not None and counts.records < counts.rows_of and not counts.was_remade:
        yield "The table holds records that the topic has no more."


def doubts_of(counts: Counts) -> Iterator[str]:
    """What the numbers can't tell."""
    if counts.servers_typed:
        yield (
            f"{counts.flow.server} was run in a terminal: its lines are there and not in the log, "
            "so its answers are not counted."
        )
    if counts.answers > counts.sent and not counts.is_sending:
        yield (
            "Which of the log's lines are the page's own can't be told, so a call of the page that "
            "never arrived could hide behind one that was typed."
        )
    if counts.has_topic and counts.end > counts.answered and not counts.is_settling:
        yield "A lost event could hide behind a record that no answer belongs to."
    if counts.log_gap:
        yield (
            f"{times(counts.log_gap, 'line')} of the log {were(counts.log_gap)} trimmed before "
            f"they were counted, so what reached {counts.flow.server} can't be known."
        )
    if counts.topic_gap:
        yield (
            f"{times(counts.topic_gap, 'record')} {were(counts.topic_gap)} not seen one by one: "
            "of what kind they are can't be known."
        )
    if counts.begin and not counts.was_remade:
        yield (
            f"The topic begins at offset {counts.begin:,}: what was before is deleted, and can't "
            "be in a table any more."
        )
    if counts.was_remade:
        yield (
            "The topic was deleted and made again: answers from before belong to records that are "
            "gone, so the two can't be compared."
        )
    if counts.is_topic_gone:
        yield "The topic is deleted: there is nothing to compare with."
    if counts.is_extracting:
        yield "An extraction is under way; the table is that of the one before."


def times(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def are(count: int) -> str:
    """The verb for so many."""
    return "is" if count == 1 else "are"


def were(count: int) -> str:
    """The same for what was."""
    return "was" if count == 1 else "were"
