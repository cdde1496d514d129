"""Labs in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.catalog import services
from portal.catalog.models import LabVersion
from portal.catalog.tests.conftest import HELLO, SMALL

pytestmark = pytest.mark.django_db
LIST = "admin:catalog_labversion_changelist"


def address(version: LabVersion) -> str:
    return reverse("admin:catalog_labversion_change", args=[version.pk])


def form(version: LabVersion, source: str) -> dict[str, object]:
    files = {"files-0-path": "hello.py", "files-0-text": HELLO}
    return {"lab": version.lab_id, "source": source, **files}


def act(client: Client, action: str, version: LabVersion) -> str:
    data = {"action": action, "_selected_action": [version.pk]}
    return client.post(reverse(LIST), data, follow=True).content.decode()


def test_a_mistake_is_told_with_line_and_column(admin_client: Client, version: LabVersion) -> None:
    source = SMALL.replace("    title: Say", "    titel: Say")
    html = admin_client.post(address(version), form(version, source)).content.decode()
    assert "Line 14, column 5: steps[0].titel: there is no such key here" in html
    assert "did you mean &#x27;title&#x27;?" in html


def test_a_text_is_kept_as_it_was_typed_but_for_line_ends(
    admin_client: Client, version: LabVersion
) -> None:
    source = SMALL.replace("Small lab", "Edited") + "\n# end\n"
    data = form(version, source.replace("\n", "\r\n"))
    assert admin_client.post(address(version), data).status_code == 302
    assert LabVersion.objects.get(pk=version.pk).source == source


def test_a_version_of_one_lab_can_not_name_another(
    admin_client: Client, version: LabVersion
) -> None:
    data = form(version, SMALL.replace("name: small", "name: large", 1))
    html = admin_client.post(address(version), data).content.decode()
    assert "Line 1, column 1: name: must be &#x27;small&#x27;" in html


def test_a_files_mistake_is_told_with_line_and_column(
    admin_client: Client, version: LabVersion
) -> None:
    data = form(version, SMALL) | {"files-0-text": "print('hello'\r\n"}
    html = admin_client.post(address(version), data).content.decode()
    assert "hello.py: Line 1, column 6: &#x27;(&#x27; was never closed" in html


def test_a_path_that_is_emptied_removes_its_file(admin_client: Client, version: LabVersion) -> None:
    data = form(version, SMALL.replace("from: hello.py", "content: x"))
    data |= {"files-0-path": "", "files-1-path": "new.txt", "files-1-text": "a\r\nb"}
    assert admin_client.post(address(version), data).status_code == 302
    assert LabVersion.objects.get(pk=version.pk).files == {"new.txt": "a\nb"}


def test_a_version_added_by_hand_gets_the_next_number(
    admin_client: Client, version: LabVersion
) -> None:
    response = admin_client.post(
        reverse("admin:catalog_labversion_add"), form(version, SMALL + "# two\n")
    )
    assert response.status_code == 302
    assert LabVersion.objects.get(number=2).status == "draft"


def test_a_used_version_is_read_only(admin_client: Client, version: LabVersion) -> None:
    services.mark_used(version)
    html = admin_client.get(address(version)).content.decode()
    assert "<textarea" not in html
    admin_client.post(address(version), form(version, SMALL + "# more\n"))
    assert LabVersion.objects.get(pk=version.pk).source == SMALL


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
    for name in ("lab", "labversion"):
        pages += [reverse(f"admin:catalog_{name}_{page}") for page in ("changelist", "add")]
    assert [admin_client.get(page).status_code for page in pages] == [200] * len(pages)
