"""How a step will look: by the session page's own templates, for every step that a lab here has."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from portal.activities import preview
from portal.catalog.models import LabVersion
from portal.engine.lab.parse import load_lab

LABS = sorted(path.parent for path in Path(settings.LABS_DIR).glob("*/lab.yaml"))


@pytest.mark.parametrize("folder", LABS, ids=lambda folder: folder.name)
def test_every_step_has_a_page_before_there_is_a_session(folder: Path) -> None:
    lab = load_lab(folder).spec
    for number, step in enumerate(lab.steps, 1):
        piece = preview.of_step((lab, step.id, LabVersion()))
        html = render_to_string("activities/_preview.html", {"piece": piece})
        assert f'data-step="{step.id}" data-state="idle"' in html
        assert f"Step {number} of {len(lab.steps)}" in html
        assert html.count('aria-current="step"') == 1
        assert all(f'id="hint-{step.id}-{at + 1}"' in html for at in range(len(step.hints)))
