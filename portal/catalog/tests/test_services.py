"""Loading, publishing and retiring labs."""

from pathlib import Path

import pytest

from portal.catalog import queries, services
from portal.catalog.models import Lab, LabVersion
from portal.catalog.services import Change
from portal.catalog.tests.conftest import SMALL, edit
from portal.engine.lab.problems import LabInvalid

pytestmark = pytest.mark.django_db


def load(folder: Path) -> tuple[LabVersion, Change]:
    return services.store(services.read_folder(folder))


def test_a_folder_becomes_a_published_version(version: LabVersion) -> None:
    assert (version.number, version.is_published) == (1, True)
    assert version.lab.title == "Small lab"


def test_loading_the_same_again_changes_nothing(folder: Path, version: LabVersion) -> None:
    assert load(folder) == (version, Change.UNCHANGED)
    assert LabVersion.objects.count() == 1


def test_a_changed_folder_updates_a_version_that_nobody_used(
    folder: Path, version: LabVersion
) -> None:
    edit(folder, "Small lab", "Changed")
    assert load(folder) == (version, Change.UPDATED)
    assert Lab.objects.get().title == "Changed"


def test_a_changed_file_is_a_change_too(folder: Path, version: LabVersion) -> None:
    (folder / "hello.py").write_text("print('bye')")
    loaded, change = load(folder)
    assert change is Change.UPDATED
    assert loaded.file_contents()["app/hello.py"] == b"print('bye')"


def test_a_changed_folder_makes_a_new_version_of_a_used_one(
    folder: Path, version: LabVersion
) -> None:
    services.mark_used(version)
    edit(folder, "Small lab", "Changed")
    newer, change = load(folder)
    assert (newer.number, change) == (2, Change.NEW)
    assert LabVersion.objects.get(pk=version.pk).spec.title == "Small lab"


def test_what_was_edited_in_the_admin_outlives_the_next_load(
    folder: Path, version: LabVersion
) -> None:
    version.source = SMALL.replace("Small lab", "By hand")
    version.save()
    assert load(folder)[1] is Change.UNCHANGED
    edit(folder, "Small lab", "Changed")
    newer, change = load(folder)
    assert (newer.number, change) == (2, Change.NEW)
    assert LabVersion.objects.get(number=1).spec.title == "By hand"


def test_a_retired_version_stays_so_when_its_folder_is_loaded_again(
    folder: Path, version: LabVersion
) -> None:
    services.retire(version)
    load(folder)
    assert queries.latest_version("small") is None


def test_an_invalid_folder_leaves_what_was_loaded(folder: Path, version: LabVersion) -> None:
    edit(folder, "title: Small lab", "titel: Small lab")
    with pytest.raises(LabInvalid):
        load(folder)
    assert queries.latest_version("small") == version


def test_only_what_the_operator_allows_is_loaded(folder: Path) -> None:
    edit(folder, "image: mids", "image: windows")
    with pytest.raises(LabInvalid, match="operator allows"):
        load(folder)


def test_a_draft_is_not_offered_until_it_is_published(version: LabVersion) -> None:
    draft = services.draft_from(version)
    assert (draft.number, draft.status) == (2, "draft")
    assert queries.latest_version("small") == version
    services.publish(draft)
    assert queries.latest_version("small") == draft


def test_a_text_that_names_another_lab_is_not_published(version: LabVersion) -> None:
    draft = services.draft_from(version)
    draft.source = SMALL.replace("name: small", "name: large", 1)
    draft.save()
    with pytest.raises(LabInvalid, match="1:1: name: must be 'small'"):
        services.publish(draft)


def test_the_listed_labs_are_those_with_a_published_version(version: LabVersion) -> None:
    services.draft_from(version)
    Lab.objects.create(name="empty")
    assert queries.published_labs() == [version]


def test_an_unlisted_lab_can_still_be_found_by_name(version: LabVersion) -> None:
    Lab.objects.update(is_listed=False)
    assert queries.published_labs() == []
    assert queries.latest_version("small") == version


def test_a_lab_that_can_not_be_read_any_more_does_not_take_the_others_down(
    version: LabVersion, caplog: pytest.LogCaptureFixture
) -> None:
    LabVersion.objects.update(source="name: x")
    assert queries.published_labs() == []
    assert "can't be read" in caplog.text


def test_listing_costs_two_queries_however_many_labs(
    version: LabVersion, django_assert_num_queries: object
) -> None:
    for index in range(3):
        lab = Lab.objects.create(name=f"lab{index}")
        services.add_version(lab, SMALL, version.files)
    LabVersion.objects.update(published_at=version.published_at)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(queries.published_labs()) == 4
