"""The editor of drafts: whatever is typed is kept, and told of as loading it would."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.catalog import drafts, services
from portal.catalog.models import LabVersion
from portal.catalog.tests.conftest import HELLO, SMALL

pytestmark = pytest.mark.django_db
BESIDE = {"hello.py": HELLO}
BROKEN = SMALL.replace("    title: Say", "    titel: Say")


@pytest.fixture
def draft(version: LabVersion) -> LabVersion:
    """A draft of the small lab."""
    return services.draft_from(version)


def send(client: Client, name: str, draft: LabVersion, **data: Any) -> Any:
    """What the editor sends; the answer."""
    place = reverse(f"catalog:{name}", args=[draft.pk])
    return client.post(place, data, content_type="application/json")


def save(client: Client, draft: LabVersion, source: str, base: str = "", **files: str) -> Any:
    """Save a text in the place of what is there."""
    base = base or drafts.base_of(LabVersion.objects.get(pk=draft.pk))
    texts = {"lab.yaml": source, **(files or BESIDE)}
    return send(client, "save", draft, base=base, files=texts)


def test_a_text_is_kept_as_it_was_typed_but_for_line_ends(
    admin_client: Client, draft: LabVersion
) -> None:
    source = SMALL.replace("Small lab", "Edited") + "\n# end\n"
    answer = save(admin_client, draft, source.replace("\n", "\r\n"), **{"hello.py": "x = 1\r\n"})
    draft.refresh_from_db()
    assert (draft.source, draft.files) == (source, {"hello.py": "x = 1\n"})
    assert answer.json() == {"base": drafts.base_of(draft)}


def test_what_can_not_be_read_yet_is_kept_beside_what_can(
    admin_client: Client, draft: LabVersion
) -> None:
    """So a test-run that is under way goes on with the text that it began with."""
    save(admin_client, draft, BROKEN)
    draft = LabVersion.objects.get(pk=draft.pk)
    assert draft.source == SMALL
    assert draft.written == (BROKEN, BESIDE)
    assert BROKEN.splitlines()[-1] in admin_client.get(edit(draft)).content.decode()
    for deed in ("publish", "hand-in"):
        place = reverse("admin:catalog_labversion_do", args=[draft.pk, deed])
        assert "titel" in admin_client.post(place, follow=True).content.decode()
    draft.refresh_from_db()
    assert draft.status == "draft"
    save(admin_client, draft, SMALL + "# mended\n")
    draft = LabVersion.objects.get(pk=draft.pk)
    assert (draft.source, draft.faulty) == (SMALL + "# mended\n", None)


def test_a_file_with_a_fault_is_no_reason_to_lose_it(
    admin_client: Client, draft: LabVersion
) -> None:
    save(admin_client, draft, SMALL, **{"hello.py": "print(\n"})
    draft = LabVersion.objects.get(pk=draft.pk)
    assert draft.written[1] == {"hello.py": "print(\n"}
    place = reverse("admin:catalog_labversion_do", args=[draft.pk, "publish"])
    assert "hello.py" in admin_client.post(place, follow=True).content.decode()


def test_of_two_tabs_the_later_is_told_of_the_earlier(
    admin_client: Client, draft: LabVersion
) -> None:
    base = drafts.base_of(draft)
    assert save(admin_client, draft, SMALL + "# one\n", base).status_code == 200
    answer = save(admin_client, draft, SMALL + "# two\n", base)
    assert answer.status_code == 409
    newest = answer.json()["newest"]
    assert newest["files"]["lab.yaml"] == SMALL + "# one\n"
    draft.refresh_from_db()
    assert draft.source == SMALL + "# one\n"
    assert save(admin_client, draft, SMALL + "# two\n", newest["base"]).status_code == 200


def test_what_students_were_offered_stays_as_it_is(
    admin_client: Client, version: LabVersion, draft: LabVersion
) -> None:
    answer = save(admin_client, version, SMALL + "# more\n")
    assert (answer.status_code, "Copy it to a draft" in answer.json()["said"]) == (422, True)
    services.mark_used(draft)
    assert save(admin_client, draft, SMALL + "# more\n").status_code == 422
    assert "Copy it to a draft" in admin_client.get(edit(version)).content.decode()
    assert LabVersion.objects.filter(source=SMALL).count() == 2


def test_all_faults_are_told_at_their_places_and_a_step_is_shown(
    admin_client: Client, draft: LabVersion
) -> None:
    answer = send(admin_client, "check", draft, files={"lab.yaml": SMALL, **BESIDE}, step=0).json()
    assert answer["faults"] == []
    assert "<strong>this</strong>" not in answer["preview"]
    assert 'id="step-title"' in answer["preview"]
    assert "Say hello" in answer["preview"]
    wrong = BROKEN.replace("summary: Says hello.\n", "tags: 5\n")
    files = {"lab.yaml": wrong, "hello.py": "print(\n"}
    answer = send(admin_client, "check", draft, files=files, step=7).json()
    places = [(each["path"], each["line"], each["column"]) for each in answer["faults"]]
    assert places[0][:2] == ("lab.yaml", 1)  # No summary.
    assert ("lab.yaml", 14, 5) in places
    assert ("hello.py", 1, 6) in places
    assert answer["preview"] is None
    named = SMALL.replace("name: small", "name: large", 1)
    answer = send(admin_client, "check", draft, files={"lab.yaml": named, **BESIDE}).json()
    assert "the lab's own" in answer["faults"][0]["said"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.txt": ""}, "no lab.yaml"),
        ({"lab.yaml": 5}, "no lab's folder"),
        ("x", "no lab's folder"),
        ({"lab.yaml": "", "../x": ""}, "no path"),
        ({"lab.yaml": "", "/x": ""}, "no path"),
        ({"lab.yaml": "", "a\\b": ""}, "no path"),
        ({"lab.yaml": "", "a//b": ""}, "no path"),
        ({"lab.yaml": "", "a" * 201: ""}, "no path"),
        ({"lab.yaml": "", ".hidden": ""}, "no path"),
        ({"lab.yaml": "a\0b"}, "a NUL"),
        ({"lab.yaml": "\ud800"}, "no text in UTF-8"),
        ({"lab.yaml": "", "a.txt": "x" * 262_145}, "larger than 256 KB"),
        ({"lab.yaml": "x" * 524_289}, "larger than 512 KB"),
        ({"lab.yaml": "", **{f"{n}.txt": "x" * 250_000 for n in range(5)}}, "All files together"),
        ({"lab.yaml": "", **{f"{n}.txt": "" for n in range(51)}}, "at most 50 files"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_more_than_a_lab_is_told_and_not_kept(
    admin_client: Client, draft: LabVersion, files: Any, words: str
) -> None:
    base = drafts.base_of(draft)
    for name in ("save", "check"):
        answer = send(admin_client, name, draft, base=base, files=files)
        assert answer.status_code == 422
        assert words in answer.json()["said"]
    draft.refresh_from_db()
    assert drafts.base_of(draft) == base


def test_what_is_no_message_is_refused(admin_client: Client, draft: LabVersion) -> None:
    for body in ("[]", "{", "[" * 100_000, "\xff"):
        place = reverse("catalog:save", args=[draft.pk])
        answer = admin_client.post(place, body, content_type="application/json")
        assert answer.status_code == 422


def test_a_new_lab_begins_with_a_draft_that_its_author_writes_on(admin_client: Client) -> None:
    answer = admin_client.post(reverse("catalog:drafting"), {"name": "fresh"})
    made = LabVersion.objects.get(lab__name="fresh")
    assert answer.headers["Location"] == edit(made)
    assert made.source.startswith("name: fresh\n")
    assert made.status == "draft"
    for name, words in (("fresh", "already"), ("Not A Name", "small letter"), ("", "required")):
        page = admin_client.post(reverse("catalog:drafting"), {"name": name}).content.decode()
        assert words in page
    assert LabVersion.objects.count() == 1


def edit(version: LabVersion) -> str:
    """The address of its editor."""
    return reverse("catalog:edit", args=[version.pk])
