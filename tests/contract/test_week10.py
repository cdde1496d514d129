"""The week-10 lab's services come up in a sandbox, with all that the lab names."""

import pytest

from portal.engine.runtimes.base import State

pytestmark = pytest.mark.sandbox


def test_zookeeper_and_kafka_are_up(kafka_cluster):
    health = kafka_cluster.runtime.observe(kafka_cluster.session)
    assert health.state is State.UP
    assert {each.name for each in health.processes} >= {"zookeeper", "kafka"}


def test_kafka_answers_under_its_name(kafka_cluster):
    done = kafka_cluster.run("kafkacat", "-L", "-b", "kafka:29092")
    assert b"broker 1 at kafka:29092" in done.stdout


def test_a_record_goes_in_and_comes_out(kafka_cluster):
    topic = ("-b", "kafka:29092", "-t", "contract")
    assert kafka_cluster.run("kafkacat", "-P", *topic, stdin=b"hello\n").status == 0
    done = kafka_cluster.run("kafkacat", "-C", *topic, "-o", "beginning", "-e")
    assert done.stdout == b"hello\n"


def test_events_come_before_the_word_that_they_are_all(kafka_cluster):
    topic = ("-b", "kafka:29092", "-t", "in-order")
    made = b"".join(b"%d\n" % number for number in range(300))
    assert kafka_cluster.run("kafkacat", "-P", *topic, stdin=made).status == 0
    for _ in range(5):
        argv = ("kafkacat", "-C", *topic, "-o", "beginning", "-e")
        execution = kafka_cluster.runtime.exec(kafka_cluster.session, "mids", argv)
        shown = b"".join(piece.data for piece in execution)
        assert shown.startswith(made), shown
        assert b"% Reached end of topic in-order" in shown[len(made) :]


def test_the_labs_files_are_where_its_steps_look(week10_cluster, week10):
    for file in week10.files:
        assert week10_cluster.runtime.get_file(week10_cluster.session, file.path)


def test_both_logs_tell_of_the_start(kafka_cluster):
    for service in ("zookeeper", "kafka"):
        assert kafka_cluster.lines(1, service=service)


def test_spark_and_java_find_their_commands(kafka_cluster):
    for service, command in (("spark", "pyspark"), ("kafka", "kafka-topics"), ("mids", "flask")):
        argv = ("sh", "-c", f"command -v {command}")
        execution = kafka_cluster.runtime.exec(kafka_cluster.session, service, argv)
        assert f"/opt/images/{service}/bin/{command}".encode() in b"".join(
            piece.data for piece in execution
        )
