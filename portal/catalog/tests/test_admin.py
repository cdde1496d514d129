"""Labs in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.catalog import services
from portal.catalog.models import LabVersion

pytestmark = pytest.mark.django_db
LIST = "admin:catalog_labversion_changelist"


def address(version: LabVersion) -> str:
    return reverse("admin:catalog_labversion_change", args=[version.pk])


def act(client: Client, action: str, version: LabVersion) -> str:
    data = {"action": action, "_selected_action": [version.pk]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_its_text_is_read_there_and_written_in_the_editor(
    admin_client: Client, version: LabVersion
) -> None:
    html = admin_client.get(address(version)).content.decode()
    assert "Says hello." in html
    assert "<textarea" not in html
    assert reverse("catalog:edit", args=[version.pk]) in html
    assert admin_client.post(address(version), {"source": "name: x"}).status_code == 403
    assert admin_client.get(reverse("admin:catalog_labversion_add")).status_code == 403


def test_a_used_version_can_not_be_deleted(admin_client: Client, version: LabVersion) -> None:
    services.mark_used(version)
    for name, pk in (("labversion", version.pk), ("lab", version.lab_id)):
        page = reverse(f"admin:catalog_{name}_delete", args=[pk])
        assert admin_client.post(page, {"post": "yes"}).status_code == 403
    assert LabVersion.objects.filter(pk=version.pk).exists()


def test_it_copies_publishes_and_retires(admin_client: Client, version: LabVersion) -> None:
    act(admin_client, "copy_to_draft", version)
    draft = LabVersion.objects.get(number=2)
    act(admin_client, "publish", draft)
    act(admin_client, "retire", version)
    states = list(LabVersion.objects.order_by("number"))
    assert [each.status for each in states] == ["retired", "published"]


def test_publishing_an_invalid_draft_says_why(admin_client: Client, version: LabVersion) -> None:
    draft = services.add_version(version.lab, "name: small\n", {})
    assert "title: is missing" in act(admin_client, "publish", draft)
    assert LabVersion.objects.get(pk=draft.pk).status == "draft"


def test_every_page_opens(admin_client: Client, version: LabVersion) -> None:
    pages = [address(version), reverse("admin:catalog_lab_change", args=[version.lab_id])]
    pages += [reverse(f"admin:catalog_{name}_changelist") for name in ("lab", "labversion")]
    assert [admin_client.get(page).status_code for page in pages] == [200] * len(pages)
