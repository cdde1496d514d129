"""Files under /w205: whole or not at all, and nowhere else."""

import threading

import pytest

from portal.engine.errors import ClusterGone, StepFailed

BYTES = bytes(range(256)) * 100


def listing(cluster) -> list[str]:
    return sorted(cluster.run("sh", "-c", "ls -A /w205").stdout.decode().split())


def test_what_was_put_is_got(cluster):
    cluster.runtime.put_file(cluster.session, "deep/er/file.bin", BYTES)
    assert cluster.runtime.get_file(cluster.session, "deep/er/file.bin") == BYTES
    assert cluster.run("cat", "/w205/deep/er/file.bin").stdout == BYTES


def test_a_program_can_be_run(cluster):
    cluster.runtime.put_file(cluster.session, "bin/say.sh", b"#!/bin/sh\necho said\n", mode=0o755)
    assert cluster.run("/w205/bin/say.sh").stdout == b"said\n"
    cluster.runtime.put_file(cluster.session, "bin/say.sh", b"#!/bin/sh\necho said\n")
    assert cluster.run("/w205/bin/say.sh").status == 126


def test_an_empty_file_is_a_file(cluster):
    cluster.runtime.put_file(cluster.session, "empty", b"")
    assert cluster.runtime.get_file(cluster.session, "empty") == b""


def test_putting_again_replaces_it_and_leaves_nothing_else(cluster):
    for content in (BYTES, b"short"):
        cluster.runtime.put_file(cluster.session, "a.txt", content)
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"short"
    assert listing(cluster) == ["a.txt"]


def test_a_reader_sees_the_old_or_the_new_and_nothing_between(cluster):
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    cluster.runtime.put_file(cluster.session, "a.txt", contents[0])
    is_over = threading.Event()

    def write() -> None:
        for number in range(60):
            cluster.runtime.put_file(cluster.session, "a.txt", contents[number % 2])
        is_over.set()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for each in writers:
        each.start()
    while not is_over.is_set():
        assert cluster.runtime.get_file(cluster.session, "a.txt") in contents
    for each in writers:
        each.join()


def test_commands_can_read_and_change_it(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", b"old")
    assert cluster.run("sh", "-c", "cat a.txt; echo new > a.txt").stdout == b"old"
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"new\n"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "..", "", ".", "a\0b"])
def test_a_path_that_leads_out_is_refused(cluster, path):
    with pytest.raises(StepFailed):
        cluster.runtime.put_file(cluster.session, path, b"x")
    with pytest.raises((StepFailed, FileNotFoundError)):
        cluster.runtime.get_file(cluster.session, path)


def test_a_link_that_leads_out_is_refused(cluster):
    cluster.run("sh", "-c", "ln -s /etc/passwd link; ln -s /tmp folder; ln -s /proc/1/environ e")
    for path in ("link", "e"):
        with pytest.raises((StepFailed, FileNotFoundError)):
            cluster.runtime.get_file(cluster.session, path)
    with pytest.raises(StepFailed):
        cluster.runtime.put_file(cluster.session, "folder/x", b"x")
    assert cluster.run("ls", "/tmp").stdout == b""


@pytest.mark.parametrize("make", ["mkfifo it", "mkdir it"])
def test_what_is_no_file_is_not_got(cluster, make):
    cluster.run("sh", "-c", make)
    with pytest.raises((StepFailed, FileNotFoundError)):
        cluster.runtime.get_file(cluster.session, "it")


def test_a_missing_file_is_told(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", b"x")
    for path in ("none", "none/such", "a.txt/below"):
        with pytest.raises(FileNotFoundError):
            cluster.runtime.get_file(cluster.session, path)


def test_a_folder_is_not_replaced_by_a_file(cluster):
    cluster.runtime.put_file(cluster.session, "a/b.txt", b"x")
    with pytest.raises(StepFailed, match="folder"):
        cluster.runtime.put_file(cluster.session, "a", b"x")
    assert cluster.runtime.get_file(cluster.session, "a/b.txt") == b"x"


def test_a_file_larger_than_the_reader_wants_is_refused(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", bytes(1000))
    assert len(cluster.runtime.get_file(cluster.session, "a.txt", limit=1000)) == 1000
    with pytest.raises(StepFailed, match="larger than 999 bytes"):
        cluster.runtime.get_file(cluster.session, "a.txt", limit=999)


def test_a_file_larger_than_its_limit_is_refused_and_the_old_one_stays(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", b"old")
    for megabytes in (17, 65):
        with pytest.raises(StepFailed, match=r"a\.txt: it is larger than"):
            cluster.runtime.put_file(cluster.session, "a.txt", bytes(megabytes << 20))
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"old"
    assert listing(cluster) == ["a.txt"]


def test_a_full_disk_is_told_and_the_old_file_stays(cluster):
    cluster.runtime.put_file(cluster.session, "a.txt", b"old")
    filled = cluster.run(
        "sh", "-c", "for n in 1 2 3 4 5; do head -c 16777216 /dev/zero > fill$n; done"
    )
    assert b"No space left" in filled.stderr
    with pytest.raises(StepFailed, match=r"a\.txt: there is no space left"):
        cluster.runtime.put_file(cluster.session, "a.txt", bytes(1 << 20))
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"old"
    cluster.run("sh", "-c", "rm fill*")
    cluster.runtime.put_file(cluster.session, "a.txt", b"new")


def test_an_absent_cluster_has_no_files(absent):
    with pytest.raises(ClusterGone):
        absent.runtime.put_file(absent.session, "a.txt", b"x")
    with pytest.raises(ClusterGone):
        absent.runtime.get_file(absent.session, "a.txt")
