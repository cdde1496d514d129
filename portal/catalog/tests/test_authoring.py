"""What a lab's author does in the admin besides writing."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from portal.catalog import changes, folders, services, syntax
from portal.catalog.models import Lab, LabVersion
from portal.catalog.tests.conftest import HELLO, SMALL

pytestmark = pytest.mark.django_db


def zipped(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return data.getvalue()


def page(name: str, version: LabVersion, *more: str) -> str:
    return reverse(f"admin:catalog_labversion_{name}", args=[version.pk, *more])


def upload(client: Client, data: bytes) -> str:
    file = SimpleUploadedFile("lab.zip", data)
    answer = client.post(reverse("admin:catalog_lab_import"), {"file": file}, follow=True)
    return answer.content.decode()


def test_a_preview_shows_the_steps_and_runs_no_script(
    admin_client: Client, version: LabVersion
) -> None:
    html = admin_client.get(page("preview", version)).content.decode()
    assert "Say hello" in html
    assert "<strong>this</strong>" in html
    assert "<script>alert" not in html


def test_a_preview_of_what_is_no_lab_says_where_it_goes_wrong(
    admin_client: Client, version: LabVersion
) -> None:
    LabVersion.objects.filter(pk=version.pk).update(source=SMALL.replace("tools:", "tolls:"))
    answer = admin_client.get(page("preview", version))
    assert answer.status_code == 422
    assert "did you mean" in answer.content.decode()


def test_what_is_exported_can_be_imported_as_a_draft(
    admin_client: Client, version: LabVersion
) -> None:
    data = admin_client.get(page("export", version)).content
    assert "version 2, a draft" in upload(admin_client, data)
    made = LabVersion.objects.get(number=2)
    assert (made.source, made.files, made.status) == (version.source, version.files, "draft")


def test_a_new_lab_comes_by_zip(admin_client: Client) -> None:
    text = SMALL.replace("name: small", "name: fresh", 1)
    upload(admin_client, zipped(**{"x/lab.yaml": text, "x/hello.py": HELLO, "x/.DS_Store": "?"}))
    assert Lab.objects.get(name="fresh").versions.get().files == {"hello.py": HELLO}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no zip", '<li class="mono small">This is no zip that can be read'),
        (zipped(**{"readme.txt": "x"}), "no lab.yaml"),
        (zipped(**{"../lab.yaml": SMALL}), "no path inside"),
        (zipped(**{"/lab.yaml": SMALL}), "no path inside"),
        (zipped(**{"lab.yaml": SMALL, "bomb.txt": "0" * 3_000_000}), "larger than"),
        (zipped(**{f"f{n}.txt": "" for n in range(300)}), "more than 200"),
        (zipped(**{"lab.yaml": SMALL.replace("title: Small", "titel: Small")}), "2:1"),
        (zipped(**{"lab.yaml": "a: &a [x]\nb: *a\n"}), "1:4"),
    ],
)
def test_what_is_no_lab_is_not_imported(admin_client: Client, data: bytes, words: str) -> None:
    assert words in upload(admin_client, data)
    assert not Lab.objects.exists()


def test_changes_show_what_came_and_went(version: LabVersion) -> None:
    draft = services.draft_from(version)
    draft.source = draft.source.replace("Say hello", "Say good-bye")
    draft.files = {}
    found = {each.path: each for each in changes.between(version, draft)}
    assert (found["lab.yaml"].added, found["lab.yaml"].removed) == (1, 1)
    assert found["hello.py"].removed == 1


def test_the_page_of_changes_compares_with_the_version_before(
    admin_client: Client, version: LabVersion
) -> None:
    draft = services.draft_from(version)
    draft.source = draft.source.replace("Say hello", "Say good-bye")
    draft.save()
    html = admin_client.get(page("changes", draft)).content.decode()
    assert "version 1" in html
    assert "Say good-bye" in html


def test_a_draft_is_published_and_retired_by_its_buttons(
    admin_client: Client, version: LabVersion
) -> None:
    draft = services.draft_from(version)
    for deed, status in (("publish", "published"), ("retire", "retired")):
        html = admin_client.post(page("do", draft, deed), follow=True).content.decode()
        assert f"mall version 2 is {status}" in html
    assert admin_client.get(page("do", draft, "publish")).status_code == 405


def test_nobody_else_authors(client: Client, version: LabVersion) -> None:
    client.force_login(make_somebody())
    for where in ("preview", "changes", "export"):
        assert client.get(page(where, version)).status_code == 302
    assert client.post(page("do", version, "retire")).status_code == 302


def make_somebody() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user("somebody")


def test_the_schema_takes_every_lab_there_is_and_knows_the_operators_lists(client: Client) -> None:
    schema = client.get("/labs/schema.json").json()
    assert schema["$defs"]["ServiceSpec"]["properties"]["image"]["enum"] == ["kafka", "mids"]
    assert schema["$defs"]["Limits"]["properties"]["memory_mb"]["maximum"] == 2048
    assert "from" in schema["$defs"]["FileSpec"]["properties"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("a.py", "x = (\n", "1:5"),
        ("a.json", '{"a": }', "1:7"),
        ("a.yaml", "a: [1\nb: 2", "2:2"),
        ("a.py", "x\0", "1:1"),
    ],
)
def test_a_file_that_can_not_be_read_is_told_by_place(path: str, text: str, place: str) -> None:
    problem = syntax.problem_in(path, text)
    assert problem is not None
    assert str(problem).startswith(place)


def test_an_alias_bomb_is_not_expanded() -> None:
    lines = ["a0: &a0 x"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert syntax.problem_in("bomb.yaml", "\n".join(lines)) is None


def test_a_folder_keeps_only_what_the_lab_names(folder: Path) -> None:
    data = zipped(
        **{"s/lab.yaml": SMALL, "s/hello.py": HELLO, "s/notes.txt": "x", "s/images/a/b": "y"}
    )
    version = folders.add_draft(folders.read_zip(data))
    assert version.files == {"hello.py": HELLO}
    assert json.dumps(version.files)
