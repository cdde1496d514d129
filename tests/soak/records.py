"""Lines and records under way to a viewer, each with a mark of its own, held against the truth."""

from portal.engine.errors import ClusterError
from tests.faults.student import Student, Viewer
from tests.soak.stage import GOOD_SECONDS, Spoiled, Stage

LOG, TOPIC = "log:mids", "topic:events:0"
FEEDER = "feeder"
FEED = """
import sys, time
from kafka import KafkaProducer
producer = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=0)
number = 0
while True:
    for number in range(number, number + int(sys.argv[1])):
        producer.send("events", b'{"event_type": "mark", "mark": %d}' % number)
        print("mark", number, flush=True)
    number += 1
    time.sleep(float(sys.argv[2]))
"""
SPURT, REST_SECONDS = 20, 2.0
"""`kafkacat -e` ends when nothing new has come for half a second: so it has to rest."""
READ = (
    *("kafkacat", "-C", "-q", "-b", "kafka:29092", "-t", "events", "-p", "0"),
    *("-o", "beginning", "-e", "-f", "%o %s\n"),
)


class Watch:
    """One cluster's log and topic, as a page that stays open sees them."""

    def __init__(self, stage: Stage, student: Student):
        self.stage, self.student, self.session = stage, student, student.session
        self.viewer = Viewer(student).follow(LOG).follow(TOPIC)
        argv = ("python", "-c", FEED, str(SPURT), str(REST_SECONDS))
        stage.runtime.start(self.session, "mids", FEEDER, argv)
        self.viewer.thread.start()

    def close(self) -> None:
        """The page is closed; what came is looked through."""
        self.viewer.ended.set()
        if self.viewer.socket is not None:
            self.viewer.socket.close()
        self.viewer.thread.join(timeout=10)
        tally = self.stage.tally
        tally.add("records", len(self.viewer.entries[TOPIC]))
        tally.add("lines", len(self.viewer.entries[LOG]))
        tally.add("sockets", self.viewer.connections)
        tally.add("trimmed", self.viewer.gaps)
        for stream in (LOG, TOPIC):
            self._count(stream)

    def _count(self, stream: str) -> None:
        """Numbers that are missing or there twice. Each entry's is its source's own."""
        numbers = [entry["n"] for entry in self.viewer.entries[stream]]
        if doubled := len(numbers) - len(set(numbers)):
            self.stage.tally.note("doubled", f"{self.session} {stream}", doubled)
        missing = max(numbers, default=0) - len(set(numbers)) - self._gaps(stream)
        if missing > 0:
            self.stage.tally.note("lost", f"{self.session} {stream}: a hole", missing)

    def _gaps(self, stream: str) -> int:
        # The viewer counts what was trimmed of all its streams together.
        return self.viewer.gaps

    def compare(self) -> None:
        """Hold all that came against the topic itself, offset by offset, and the feeder's marks."""
        runtime, entries = self.stage.runtime, self.viewer.entries
        runtime.interrupt(self.session, FEEDER)
        truth = self._truth()
        self.stage.within(
            GOOD_SECONDS,
            f"the page of {self.session} has record {len(truth)}",
            lambda: self.viewer.after[TOPIC] >= len(truth),
        )
        came = {entry["n"] - 1: entry["value"] for entry in entries[TOPIC]}
        wrong = [offset for offset, value in truth.items() if came.get(offset, value) != value]
        if wrong:
            self.stage.tally.note(
                "lost", f"{self.session}: other values at {wrong[:5]}", len(wrong)
            )
        if (missing := len(truth.keys() - came.keys()) - self.viewer.gaps) > 0:
            self.stage.tally.note("lost", f"{self.session} {TOPIC}: not what is there", missing)
        if invented := came.keys() - truth.keys():
            self.stage.tally.note(
                "doubled", f"{self.session}: records that nobody sent", len(invented)
            )
        self._compare_lines(sum('"mark": ' in value for value in truth.values()))
        self.stage.tally.add("compared", len(truth))

    def _compare_lines(self, least: int) -> None:
        """Each mark has a line; the last one's may not have been printed."""
        marks = [
            each["text"] for each in self.viewer.entries[LOG] if each["text"].startswith("mark ")
        ]
        if doubled := len(marks) - len(set(marks)):
            self.stage.tally.note("doubled", f"{self.session} {LOG}: marks", doubled)
        expected = {f"mark {number}" for number in range(least - 1)}
        if (missing := len(expected - set(marks)) - self.viewer.gaps) > 0:
            self.stage.tally.note("lost", f"{self.session} {LOG}: marks", missing)

    def _truth(self) -> dict[int, str]:
        """What is in the topic, by offset."""
        try:
            output = self.stage.runtime.exec(self.session, "mids", READ, timeout=60)
            data = b"".join(each.data for each in output if each.stream == "stdout")
        except ClusterError as error:
            raise Spoiled(f"the topic could not be read: {error}") from error
        lines = (line.partition(" ") for line in data.decode().splitlines())
        return {int(offset): value for offset, _, value in lines}
