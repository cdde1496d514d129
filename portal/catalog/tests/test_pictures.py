"""Pictures of labs: kept once, served as pictures alone, and carried along with a lab."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.catalog import drafts, folders, pictures, services
from portal.catalog.markdown import render
from portal.catalog.models import LabVersion, Picture
from portal.catalog.tests.conftest import HELLO, SMALL, edit
from portal.engine.lab.pictures import pointed_at
from portal.engine.lab.problems import LabInvalid
from portal.engine.tests import drawn

pytestmark = pytest.mark.django_db
DATA = drawn.png()
SHOWING = SMALL.replace("Read **this**.", "![From <a> to b](a.png)")


@pytest.fixture
def showing(folder: Path) -> LabVersion:
    """The small lab with a picture."""
    edit(folder, "Read **this**.", "![From <a> to b](a.png)")
    (folder / "a.png").write_bytes(DATA)
    return services.store(services.read_folder(folder))[0]


def test_a_text_shows_it_at_its_own_address(client: Client, showing: LabVersion) -> None:
    template = Template("{% load sluice_markdown %}{{ a|markdown:v }}")
    html = template.render(Context({"a": showing.spec.description, "v": showing}))
    picture = showing.pictures["a.png"]
    address = reverse("catalog:picture", args=[picture.digest, "png"])
    assert f'src="{address}"' in html
    assert 'alt="From &lt;a&gt; to b"' in html
    assert 'width="3" height="2"' in html
    assert client.get(address).status_code == 302


def test_it_is_served_as_a_picture_and_nothing_else(
    admin_client: Client, showing: LabVersion
) -> None:
    picture = showing.pictures["a.png"]
    answer = admin_client.get(reverse("catalog:picture", args=[picture.digest, "png"]))
    assert answer.content == DATA
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]
    other = reverse("catalog:picture", args=[picture.digest, "html"])
    assert admin_client.get(other).status_code == 404


@pytest.mark.parametrize(
    "address", ["https://example.com/a.png", "b.png", "data:image/png;base64,"]
)
def test_of_any_other_picture_only_the_words_are_left(address: str) -> None:
    assert render(f"![words]({address})").strip() == "<p>words</p>"


def test_another_picture_is_another_version_and_the_same_is_kept_once(
    folder: Path, showing: LabVersion
) -> None:
    services.mark_used(showing)
    (folder / "a.png").write_bytes(drawn.png(5, 5))
    newest, change = services.store(services.read_folder(folder))
    assert (newest.number, change) == (2, "new")
    assert showing.pictures != newest.pictures
    services.draft_from(newest)
    assert Picture.objects.count() == 2


def test_what_nothing_points_at_any_more_goes_when_another_comes(showing: LabVersion) -> None:
    only_draft, left, again = (pictures.keep(drawn.png(5, height)) for height in (5, 6, 7))
    assert Picture.objects.count() == 4
    draft = services.draft_from(showing)
    draft.faulty = {"source": "?", "files": {"b.png": only_draft}}
    draft.save()
    Picture.objects.update(created_at=timezone.now() - 2 * pictures.SETTLED)
    assert pictures.keep(drawn.png(5, 7)) == again
    new = pictures.keep(drawn.png(5, 8))
    kept = set(Picture.objects.values_list("digest", flat=True))
    pointers = {showing.files["a.png"], only_draft, again, new}
    assert kept == {found.digest for each in pointers if (found := pointed_at(each))}
    assert left not in pointers


def test_it_goes_out_and_comes_in_with_the_folder(
    admin_client: Client, showing: LabVersion
) -> None:
    data = folders.zip_of(showing)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("small/a.png") == DATA
    Picture.objects.all().delete()
    made = folders.add_draft(folders.read_zip(data))
    assert made.files == showing.files
    assert bytes(Picture.objects.get().data) == DATA


def test_a_page_under_a_pictures_name_is_refused_in_a_zip(showing: LabVersion) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("lab.yaml", SHOWING)
        archive.writestr("hello.py", HELLO)
        archive.writestr("a.png", drawn.SVG)
    with pytest.raises(LabInvalid, match="is an SVG"):
        folders.add_draft(folders.read_zip(data.getvalue()))


def send(client: Client, draft: LabVersion, data: bytes) -> dict[str, str]:
    """Upload it in the editor."""
    file = SimpleUploadedFile("b.png", data, content_type="image/png")
    place = reverse("catalog:add_picture", args=[draft.pk])
    found: dict[str, str] = client.post(place, {"file": file}).json()
    return found


def test_the_editor_takes_a_picture_and_shows_it(admin_client: Client, showing: LabVersion) -> None:
    draft = services.draft_from(showing)
    text = send(admin_client, draft, drawn.GIF)["text"]
    files = {"lab.yaml": SHOWING.replace("Say hello\n", "Say hello\n    text: '![B](b.png)'\n")}
    files |= {"hello.py": HELLO, "a.png": showing.files["a.png"], "b.png": text}
    place = reverse("catalog:check", args=[draft.pk])
    told = admin_client.post(place, {"files": files}, content_type="application/json").json()
    assert told["faults"] == []
    assert 'alt="B"' in told["preview"]
    reading = drafts.read(drafts.folder_in(files | {"b.png": "picture"}), draft.lab)
    assert "is no picture" in reading.faults[0][1].message


def test_the_editor_refuses_what_is_none_and_whoever_may_not_write(
    admin_client: Client, client: Client, showing: LabVersion
) -> None:
    draft = services.draft_from(showing)
    assert "is an SVG" in send(admin_client, draft, drawn.SVG)["said"]
    assert "larger than" in send(admin_client, draft, DATA + b"\0" * (600 << 10))["said"]
    assert "this version" in send(admin_client, showing, DATA)["said"]
    place = reverse("catalog:add_picture", args=[draft.pk])
    assert client.post(place).status_code == 302


def test_a_picture_is_no_text_of_a_file(showing: LabVersion) -> None:
    source = SHOWING.replace("from: hello.py", "from: a.png")
    with pytest.raises(LabInvalid, match="is a picture, and no text"):
        services.read_text(source, showing.files)
