"""That what looks for text which is cut or covered finds it."""

import pytest
from playwright.sync_api import Browser

from tests.browser.large_text import problems

pytestmark = pytest.mark.browser
GOOD = "<p>Some words</p><button>One</button> <button>Other</button>"
BAD = {
    "<p style='height: 20px; overflow: hidden; font-size: 1rem'>Words</p>": "cut",
    "<button style='margin-right: -40px'>One</button><button>Other</button>": "one over the other",
    "<p style='width: 90rem'>Words</p>": "wider than the window",
}


@pytest.mark.parametrize(("body", "fault"), [(GOOD, ""), *BAD.items()])
def test_it_finds_what_letters_of_twice_the_size_break(
    browser: Browser, body: str, fault: str
) -> None:
    page = browser.new_page()
    page.set_content(body)
    found = problems(page)
    page.close()
    assert [fault in each for each in found] == ([True] if fault else [])
