"""Rows in a bucket: what one host extracted another shows, though they have no disk in common."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from portal import bucket as buckets
from portal import readiness
from portal.activities.models import Session
from portal.checks import bucket_is_whole
from portal.engine.extraction import Column, Table
from portal.engine.spark import SparkOutcome
from portal.management.commands import set_up
from portal.results import copies, quota, services, store, sweep
from portal.results.models import Extraction
from tests.rows import make_run, make_session
from tests.s3 import Server, s3_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests here."""
    with s3_server() as made:
        yield made


@pytest.fixture(autouse=True)
def bucket(server: Server, settings: Any, tmp_path: Path) -> Iterator[Server]:
    """The portal keeps its results there; this host is the first."""
    settings.STORAGES = server.storages()
    settings.VAR_DIR = tmp_path / "one"
    sweep.of_bucket.unknown = set()
    yield server
    for each in server.objects():
        settings.STORAGES = server.storages()
        store.remove(each.removesuffix(store.SUFFIX))


@pytest.fixture
def session() -> Session:
    return make_session()


@pytest.fixture
def elsewhere(settings: Any, tmp_path: Path) -> Any:
    """Go on as another host, which has nothing but the rows and the bucket."""

    def go() -> None:
        settings.VAR_DIR = tmp_path / "two"

    return go


def extract(session: Session, *values: str) -> Extraction:
    """A table of one column."""
    rows = tuple((value,) for value in values or ("a", "b"))
    table = Table("events", (Column("word", "string"),), rows, len(rows), False, 0.1)
    outcome = SparkOutcome(ok=True, error=None, seconds=1.0, table=table, union=None)
    kept = services.keep(session, make_run(session), outcome)
    assert kept is not None
    return kept


def cached() -> list[str]:
    return sorted(each.name for each in store.folder().glob("*"))


def test_another_host_shows_sorts_and_hands_out_the_rows(
    session: Session, bucket: Server, elsewhere: Any, client: Client
) -> None:
    kept = extract(session, "apple", "pear")
    assert bucket.objects() == [f"{kept.store}.duckdb"]
    elsewhere()
    client.force_login(session.owner)
    shown = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    assert "apple" in shown
    file = client.get(reverse("results:download", args=[session.pk, kept.pk, "parquet"]))
    got = store.folder() / "got"
    got.write_bytes(b"".join(file))
    with duckdb.connect() as database:
        found = database.execute(f"FROM read_parquet('{got}')").fetchall()
    assert found == [("apple",), ("pear",)]
    answer = client.post(
        reverse("results:sql", args=[session.pk, kept.pk]),
        {"sql": "SELECT count(*) + 40 AS answer FROM events"},
    )
    assert "42" in answer.content.decode()


def test_a_second_look_asks_the_bucket_for_nothing(session: Session, elsewhere: Any) -> None:
    kept = extract(session)
    elsewhere()
    store.reader(kept.store).close()
    store.path_of(kept.store).touch()
    buckets.delete(f"results/{kept.store}.duckdb")
    assert store.reader(kept.store).execute("SELECT count(*) FROM own").fetchone() == (2,)


def test_what_is_erased_goes_from_the_bucket_and_every_hosts_disk(
    session: Session, bucket: Server, elsewhere: Any, settings: Any
) -> None:
    kept = extract(session)
    first = settings.VAR_DIR
    elsewhere()
    store.reader(kept.store).close()
    kept.delete()
    assert bucket.objects() == []
    assert cached() == []
    settings.VAR_DIR = first
    outdated = time.time() - 2 * sweep.SETTLED_SECONDS
    os.utime(store.path_of(kept.store), (outdated, outdated))
    assert sweep.sweep() == [f"{kept.store}.duckdb"]
    assert cached() == []


def test_a_bucket_that_lacks_the_rows_is_no_trouble_of_the_pages(
    session: Session, elsewhere: Any, client: Client
) -> None:
    kept = extract(session)
    elsewhere()
    buckets.delete(f"results/{kept.store}.duckdb")
    client.force_login(session.owner)
    shown = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    assert "The rows of this extraction are not kept any more." in shown


@pytest.mark.parametrize(
    "changed",
    [{"SLUICE_S3_SECRET": "wrong"}, {"SLUICE_S3_ENDPOINT": "http://127.0.0.1:9"}],
    ids=["refuses", "is away"],
)
def test_a_bucket_that_takes_and_gives_nothing_is_told_in_words(
    session: Session,
    bucket: Server,
    elsewhere: Any,
    settings: Any,
    client: Client,
    changed: dict[str, str],
) -> None:
    kept = extract(session)
    assert buckets.trouble() == ""
    set_up.reach_bucket()
    elsewhere()
    settings.STORAGES = bucket.storages(**changed)
    with pytest.raises(store.NotStored, match="did not take the rows"):
        extract(session)
    assert cached() == []
    assert Extraction.objects.count() == 1
    client.force_login(session.owner)
    shown = client.get(reverse("results:tables", args=[session.pk])).content.decode()
    assert "The store of results does not answer" in shown
    answer = client.get(reverse("results:download", args=[session.pk, kept.pk, "csv"]))
    assert (answer.status_code, answer.content.decode()) == (503, store.RowsAway.words)
    assert "does not answer as it should" in next(readiness.troubles())
    with pytest.raises(CommandError, match="does not answer as it should"):
        set_up.reach_bucket()
    assert sweep.of_bucket.sweep() == []

    kept.delete()  # The rows' row goes all the same, and the object later.
    settings.STORAGES = bucket.storages()
    assert sweep.of_bucket.sweep() == []
    assert sweep.of_bucket.sweep() == [f"{kept.store}.duckdb"]
    assert bucket.objects() == []


def test_an_object_whose_row_is_being_written_is_left(session: Session, bucket: Server) -> None:
    kept = extract(session)
    Extraction.objects.filter(pk=kept.pk).update(store="")
    assert sweep.sweep() == []
    Extraction.objects.filter(pk=kept.pk).update(store=kept.store)
    assert sweep.sweep() == []
    assert bucket.objects() == [f"{kept.store}.duckdb"]


def test_copies_have_a_bound_and_what_was_used_last_stays(
    session: Session, bucket: Server, settings: Any
) -> None:
    settings.SLUICE_COPIES_MB = 1
    kept = [extract(session, *(f"{number}-{at}" * 20 for at in range(9000))) for number in range(3)]
    assert all(each.size > 300_000 for each in kept)
    for age, each in zip((90, 80, 70), kept, strict=True):
        at = time.time() - age
        os.utime(store.path_of(each.store), (at, at))
    store.reader(kept[0].store).close()
    copies.make_room(store.folder(), store.path_of(kept[0].store))
    assert f"{kept[0].store}.duckdb" in cached()
    assert len(cached()) < 3
    assert len(bucket.objects()) == 3
    for each in kept:
        assert store.reader(each.store).execute("SELECT count(*) FROM own").fetchone() == (9000,)


def test_a_persons_share_is_kept_in_the_bucket_too(
    session: Session, bucket: Server, settings: Any
) -> None:
    settings.SLUICE_RESULT_MB = 0
    old, new = extract(session), extract(session)
    assert quota.make_room(new) == 1
    assert bucket.objects() == [f"{new.store}.duckdb"]
    old.refresh_from_db()
    assert old.store == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"SLUICE_S3_SECRET": ""}, "belong together"),
        ({"SLUICE_S3_ENDPOINT": "minio:9000"}, "is no address"),
    ],
)
def test_a_half_told_bucket_is_refused_at_boot(
    bucket: Server, settings: Any, changed: dict[str, str], words: str
) -> None:
    assert bucket_is_whole(None) == []
    settings.STORAGES = bucket.storages(**changed)
    (error,) = bucket_is_whole(None)
    assert error.id == "portal.E010"
    assert words in error.msg
