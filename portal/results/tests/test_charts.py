"""Bars of moments, and the times that stand below them."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from portal.results import charts

FIRST = 1_700_000_000_250
"""22:13:20.250 of that day, in UTC."""


@pytest.mark.parametrize(
    ("width", "each", "times"),
    [
        (200, "0.2 s", ["22:13:20.250", "22:13:20.450", "22:13:20.650"]),
        (2000, "2 s", ["22:13:20", "22:13:22", "22:13:24"]),
    ],
)
def test_each_bar_has_a_time_of_its_own(width: int, each: str, times: list[str]) -> None:
    chart = {"first": FIRST, "last": FIRST + 3 * width - 1, "width": width, "counts": [1, 4, 2]}
    shown = {
        "time_axes": charts.time_axes(chart),
        "time_bars": charts.time_bars(chart),
        "size": {"width": charts.WIDTH, "height": charts.HEIGHT},
    }
    with timezone.override("UTC"):
        page = render_to_string("results/_time.html", shown)
    assert f"7 records, at most 4 in {each}" in page
    assert re.findall(r"<tr><td>([^<]+)</td>", page) == times
    assert re.findall(rf"records? in the {each} from ([^\"]+)\"", page) == times
