"""A service's log: numbered without holes, resumed without loss, bounded."""

import time

import pytest

from portal.engine.errors import StepFailed
from tests.contract.cluster import Cluster, eventually, service


def say(cluster: Cluster, code: str, name: str = "web") -> None:
    """Start a server that writes."""
    cluster.start(name, "python", "-c", f"import os, sys, time\n{code}")


def has_ended(cluster: Cluster, name: str = "web") -> bool:
    process = cluster.runtime.observe(cluster.session).process(name)
    assert process
    return not process.is_running


def test_lines_have_numbers_from_one_without_holes(cluster):
    say(cluster, "for n in range(1, 1001): print('line', n)")
    lines = cluster.lines(1000)
    assert [line.number for line in lines] == list(range(1, 1001))
    assert [line.text for line in lines] == [f"line {n}".encode() for n in range(1, 1001)]
    assert all(time.time() - 60 < line.at <= time.time() for line in lines)


def test_several_processes_share_a_services_numbers(cluster):
    for name in ("web", "job"):
        say(cluster, "for n in range(50): print(n, flush=True); time.sleep(0.001)", name)
    lines = cluster.lines(100)
    assert [line.number for line in lines] == list(range(1, 101))
    assert {line.process for line in lines} == {"web", "job"}
    for name in ("web", "job"):
        texts = [int(line.text) for line in lines if line.process == name]
        assert texts == list(range(50))


def test_each_service_has_a_log_of_its_own(absent):
    say_and_stay = ("sh", "-c", "echo from $0; exec sleep 60")
    absent.up(*(service(name, *say_and_stay, name) for name in ("mids", "kafka")))
    assert [line.text for line in absent.lines(1)] == [b"from mids"]
    assert [line.text for line in absent.lines(1, service="kafka")] == [b"from kafka"]


def test_standard_error_and_any_bytes_are_kept(cluster):
    say(cluster, r"os.write(2, b'\xff\x00\xc3(\nnext\n')")
    assert [line.text for line in cluster.lines(2)] == [b"\xff\x00\xc3(", b"next"]


def test_empty_lines_are_lines_and_carriage_returns_are_not(cluster):
    say(cluster, r"os.write(1, b'a\r\n\n\r\nb\rc\n')")
    assert [line.text for line in cluster.lines(4)] == [b"a", b"", b"", b"b\rc"]


def test_a_last_line_without_its_end_is_kept(cluster):
    say(cluster, "os.write(1, b'no newline')")
    assert [line.text for line in cluster.lines(1)] == [b"no newline"]


@pytest.mark.parametrize("size", [16_384, 16_385, 100_000])
def test_a_long_line_is_cut_and_nothing_of_it_is_lost(cluster, size):
    say(cluster, f"os.write(1, b'x' * {size} + b'\\nend\\n')")
    lines = []
    for line in cluster.runtime.logs(cluster.session, "mids"):
        if line.text == b"end":
            break
        lines.append(line)
    assert b"".join(line.text for line in lines) == b"x" * size
    assert all(0 < len(line.text) <= 16_384 for line in lines)


def test_resuming_while_it_writes_loses_and_doubles_nothing(cluster):
    say(cluster, "for n in range(1, 5001): print(n, flush=True)")
    texts: list[int] = []
    since = 0
    while len(texts) < 5000:
        lines = cluster.lines(min(617, 5000 - len(texts)), since)
        assert lines, "it stopped half-way"
        texts += [int(line.text) for line in lines]
        since = lines[-1].number
    assert texts == list(range(1, 5001))


def test_a_reader_waits_for_what_is_not_yet_written(cluster):
    lines = cluster.runtime.logs(cluster.session, "mids")
    say(cluster, "print('late')")
    assert next(lines).text == b"late"
    lines.close()


def test_trimmed_lines_show_as_a_gap_in_the_numbers(cluster):
    say(cluster, "sys.stdout.write('x\\n' * 50_000); sys.stdout.write('last\\n')")
    eventually(lambda: has_ended(cluster))
    eventually(lambda: cluster.lines(1, since=50_000))
    first = cluster.lines(1)[0].number
    assert 1 < first <= 50_001
    lines = cluster.lines(50_002 - first)
    assert [line.number for line in lines] == list(range(first, 50_002))
    assert lines[-1].text == b"last"


def test_a_flood_of_lines_keeps_memory_bounded(cluster):
    say(cluster, "for _ in range(40): sys.stdout.write(('y' * 1000 + '\\n') * 1000)")
    eventually(lambda: has_ended(cluster))
    eventually(lambda: cluster.lines(1, since=39_999))
    assert cluster.runtime.stats(cluster.session).memory_bytes < 64 << 20


def test_a_slow_reader_does_not_hold_up_the_writer(cluster):
    reader = cluster.runtime.logs(cluster.session, "mids")
    say(cluster, "sys.stdout.write(('y' * 1000 + '\\n') * 20_000)")
    next(reader)
    eventually(lambda: has_ended(cluster))
    reader.close()


def test_reading_ends_when_it_is_cancelled(cluster):
    began = time.monotonic()
    assert list(cluster.runtime.logs(cluster.session, "mids", cancelled=lambda: True)) == []
    assert time.monotonic() - began < 60


def test_reading_ends_with_the_cluster(cluster, driver):
    say(cluster, "print('hi', flush=True); time.sleep(60)")
    lines = cluster.runtime.logs(cluster.session, "mids")
    next(lines)
    driver.kill(cluster.runtime, cluster.session)
    assert list(lines) == []


def test_an_absent_cluster_has_no_lines(absent):
    assert list(absent.runtime.logs(absent.session, "mids")) == []


def test_a_service_that_is_not_there_is_refused_in_words(cluster):
    with pytest.raises(StepFailed, match="nonesuch"):
        list(cluster.runtime.logs(cluster.session, "nonesuch"))
