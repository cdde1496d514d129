"""The pages of labs."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from portal.catalog import images, services
from portal.catalog.models import LabVersion
from portal.images.read import SHIPPED

pytestmark = pytest.mark.django_db


@pytest.fixture
def student(client: Client) -> Client:
    """A student's browser."""
    client.force_login(get_user_model().objects.create_user("student"))
    return client


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_visitor_has_to_log_in(client: Client, version: LabVersion) -> None:
    for address in ("/", "/labs/small/"):
        assert client.get(address).headers["Location"].startswith(reverse("login"))


def test_the_index_offers_each_lab_for_launch(student: Client, version: LabVersion) -> None:
    html = page(student, "/")
    assert "Small lab" in html
    assert f'action="{reverse("activities:launch")}"' in html
    assert f'name="version" value="{version.pk}"' in html
    assert "csrfmiddlewaretoken" in html


def test_the_index_says_so_when_there_is_no_lab(student: Client) -> None:
    assert "No lab has been published yet" in page(student, "/")


def test_a_lab_is_described_safely(student: Client, version: LabVersion) -> None:
    html = page(student, "/labs/small/")
    assert "<strong>this</strong>" in html
    assert "<script>alert" not in html
    assert "Say hello" in html


def test_a_retired_lab_is_gone(student: Client, version: LabVersion) -> None:
    services.retire(version)
    assert student.get("/labs/small/").status_code == 404
    assert "Small lab" not in page(student, "/")


def test_a_lab_that_never_was_is_not_found(student: Client) -> None:
    assert student.get("/labs/none/").status_code == 404


def test_a_lab_whose_image_is_not_here_says_what_fetches_it(
    student: Client, version: LabVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs_on = version.spec.services[0].image
    for missing, is_told in (({"another"}, False), ({runs_on}, True)):
        monkeypatch.setattr(images, "unfetched", lambda missing=missing: frozenset(missing))
        for address in ("/", "/labs/small/"):
            told = f'make install IMAGES="{runs_on}"' in page(student, address)
            assert told == is_told


def test_a_machine_without_clusters_misses_no_image(settings: Any, tmp_path: Path) -> None:
    settings.SLUICE_IMAGES_DIRS = [SHIPPED]
    settings.PARTS_DIR = tmp_path / "parts"
    assert images.unfetched() == frozenset()
    (settings.PARTS_DIR / "images").mkdir(parents=True)
    assert "hadoop" in images.unfetched()
