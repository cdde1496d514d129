"""Versions as history."""

import pytest
from django.db import IntegrityError

from portal.catalog import services
from portal.catalog.models import LabVersion, VersionIsUsed
from portal.engine.lab.problems import LabInvalid

pytestmark = pytest.mark.django_db


def test_a_version_reads_as_its_lab(version: LabVersion) -> None:
    assert version.spec.title == "Small lab"
    assert LabVersion.objects.get(pk=version.pk).spec is version.spec


def test_it_gives_the_files_that_a_cluster_starts_with(version: LabVersion) -> None:
    assert version.file_contents() == {
        "app/hello.py": b"print('hello')\n",
        "note.txt": b"inline",
    }


@pytest.mark.parametrize("change", [{"source": "name: other"}, {"files": {}}, {"number": 9}])
def test_a_used_version_can_not_be_saved_with_other_words(
    version: LabVersion, change: dict[str, object]
) -> None:
    services.mark_used(version)
    for name, value in change.items():
        setattr(version, name, value)
    with pytest.raises(VersionIsUsed, match="make a new version"):
        version.save()
    assert LabVersion.objects.get(pk=version.pk).spec.title == "Small lab"


def test_a_copy_read_before_its_use_can_not_change_it_either(version: LabVersion) -> None:
    stale = LabVersion.objects.get(pk=version.pk)
    services.mark_used(version)
    stale.source += "# more\n"
    with pytest.raises(VersionIsUsed):
        stale.save(update_fields=["source"])


def test_a_stale_copy_does_not_undo_its_use(version: LabVersion) -> None:
    stale = LabVersion.objects.get(pk=version.pk)
    services.mark_used(version)
    stale.save()
    assert LabVersion.objects.get(pk=version.pk).is_used


def test_a_used_version_can_be_retired(version: LabVersion) -> None:
    services.mark_used(version)
    services.retire(version)
    assert LabVersion.objects.get(pk=version.pk).status == "retired"


def test_a_used_version_can_not_be_deleted(version: LabVersion) -> None:
    services.mark_used(version)
    with pytest.raises(VersionIsUsed):
        version.delete()


def test_an_unused_version_can_change_and_its_digest_with_it(version: LabVersion) -> None:
    before = version.digest
    version.source = version.source.replace("Small lab", "Smaller lab")
    version.save(update_fields=["source"])
    read = LabVersion.objects.get(pk=version.pk)
    assert read.digest != before
    assert read.spec.title == version.spec.title == "Smaller lab"


def test_a_lab_has_one_version_of_a_number(version: LabVersion) -> None:
    with pytest.raises(IntegrityError):
        LabVersion.objects.create(lab=version.lab, number=version.number, source="", files={})


def test_a_stored_text_that_is_no_lab_says_so(version: LabVersion) -> None:
    version.source = "name: x"
    with pytest.raises(LabInvalid):
        _ = LabVersion(lab=version.lab, source="name: x").spec
