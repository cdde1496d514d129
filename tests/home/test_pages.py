"""A lab as a zip to take home, from each place where somebody would look for it."""

import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from portal.activities import home
from portal.catalog import services
from portal.catalog.models import LabVersion
from portal.classroom.models import User
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> LabVersion:
    """Week 10, published."""
    return services.store(services.read_folder(Path(settings.LABS_DIR) / "week10"))[0]


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def unzipped(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def test_the_labs_page_leads_to_it(version: LabVersion) -> None:
    client = as_user(make_user())
    address = reverse("activities:home_of_lab", args=["week10"])
    assert f'href="{address}"' in client.get("/labs/week10/").content.decode()
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/zip"
    assert "week10-at-home.zip" in response.headers["Content-Disposition"]
    names = unzipped(response.content).namelist()
    assert {"week10/README.md", "week10/STEPS.md", "week10/docker-compose.yml"} <= set(names)
    assert "week10/w205/flask-with-kafka-and-spark/game_api_with_json_events.py" in names
    assert all(each.startswith("week10/") for each in names)


def test_programs_can_be_run_where_they_are_unpacked(version: LabVersion) -> None:
    modes = {
        each.filename: each.external_attr >> 16
        for each in unzipped(home.zip_of(version)).infolist()
    }
    assert modes["week10/images/kafka/bin/kafka-topics"] == 0o100755
    assert modes["week10/images/kafka/bin/log4j.properties"] == 0o100644
    assert modes["week10/w205/"] == 0o40755


def test_the_same_version_makes_the_same_zip(version: LabVersion) -> None:
    assert home.zip_of(version) == home.zip_of(version)


def test_a_session_takes_its_own_version_home() -> None:
    session = make_session()
    services.retire(session.version)
    client = as_user(session.owner)
    assert client.get("/labs/week10/home.zip").status_code == 404
    address = reverse("activities:home", args=[session.pk])
    assert f'href="{address}"' in client.get(f"/s/{session.pk}/").content.decode()
    assert f'href="{address}"' in client.get(f"/s/{session.pk}/transcript/").content.decode()
    archive = unzipped(client.get(address).content)
    assert b"version 1 of the lab" in archive.read("week10/README.md")
    assert as_user(make_user()).get(address).status_code == 404


def test_an_author_takes_a_draft_home(version: LabVersion) -> None:
    draft = services.draft_from(version)
    address = reverse("classroom:take_home", args=[draft.pk])
    boss = as_user(make_user(is_staff=True, is_superuser=True))
    assert b"version 2" in unzipped(boss.get(address).content).read("week10/README.md")
    page = boss.get(reverse("catalog:edit", args=[draft.pk])).content.decode()
    assert f'href="{address}"' in page
    assert as_user(make_user()).get(address).status_code == 403


def test_what_can_not_be_made_any_more_is_not_found(version: LabVersion) -> None:
    client = as_user(make_user())
    with override_settings(SLUICE_IMAGES_DIRS=[]):
        assert client.get("/labs/week10/home.zip").status_code == 404
    LabVersion.objects.filter(pk=version.pk).update(source="not: a lab")
    assert client.get("/labs/week10/home.zip").status_code == 404
    assert client.get("/labs/none/home.zip").status_code == 404


def test_a_command_writes_it(version: LabVersion, tmp_path: Path) -> None:
    call_command("lab", "take-home", "week10", str(tmp_path / "out.zip"))
    assert (tmp_path / "out.zip").read_bytes() == home.zip_of(version)
    with pytest.raises(CommandError, match="can't be written"):
        call_command("lab", "take-home", "week10", str(tmp_path / "none" / "out.zip"))
