"""docs/images.md says what images hold, and every key that an image.toml has."""

import pytest
from django.conf import settings

from portal.catalog.management.commands.images import GUIDE, renewed
from portal.images import shape

TEXT = (settings.BASE_DIR / GUIDE).read_text()


def test_the_guides_list_is_current() -> None:
    assert renewed(TEXT) == TEXT, "make docs"


@pytest.mark.parametrize("key", [*shape.IMAGE, *shape.JARS, *shape.ARCHIVE])
def test_the_guide_explains_every_key(key: str) -> None:
    assert f"`{key}`" in TEXT


def test_the_list_changes_with_what_is_listed() -> None:
    older = TEXT.replace("redis-tools", "redis-cli")
    assert older != TEXT
    assert "redis-cli (redis-tools)" in renewed(older)
