"""Every page, in both themes, at every width, with letters of twice the size: nothing is wrong."""

from collections.abc import Callable, Iterator

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Route

from tests.browser import large_text
from tests.browser.actions import launch, log_in, tear_down
from tests.browser.axe import THEMES, problems
from tests.portal_process import Portal

pytestmark = pytest.mark.browser
OF_EVERYBODY = (
    "/",
    "/labs/week10/",
    "/sessions/",
    "/classes/",
    "/grades/",
    "/me/data/",
    "/me/data/erase/",
    "/join/",
    "/password/",
    "/nonesuch/",
)
TABS = tuple(
    f"{{session}}?tab={tab}"
    for tab in ("log", "events", "http", "results", "streaming", "code", "terminal")
)
OF_A_CLASS = (
    *("/classes/1/", "/classes/1/?view=pipelines", "/classes/1/?view=times"),
    *("/classes/1/grades/", "/classes/1/labs/", "/classes/1/hints/", "/help/"),
    *("/classes/1/copy/", "/classes/1/delete/"),
)
PAGES = {
    "": (
        *("/login/", "/guest/NONESUCH/", "/password/x/x/", "/password/renewed/"),
        *("/password/forgotten/", "/password/forgotten/sent/"),
        *("/error/403", "/error/403_csrf", "/error/500"),
    ),
    "student": (
        *(*OF_EVERYBODY, "{session}", *TABS),
        *("{session}history/", "{session}transcript/", "{session}time/"),
    ),
    "instructor": (
        *(
            *OF_EVERYBODY,
            *OF_A_CLASS,
            "/classes/1/people/",
            "/classes/1/settings/",
            "/board/",
        ),
        *("{session}", "{session}transcript/"),
    ),
    "admin": (
        "/hosts/",
        "/admin/",
        "/admin/catalog/lab/",
        "/admin/catalog/lab/import/",
        "/admin/catalog/labversion/",
        "/labs/drafts/",
        "/labs/versions/1/edit/",
        "/admin/catalog/labversion/1/change/",
        "/admin/catalog/labversion/1/preview/",
        "/admin/catalog/labversion/1/changes/",
        "/admin/classroom/auditentry/",
        "/admin/classroom/class/1/change/",
        "/admin/classroom/user/1/change/",
    ),
}
OF_DJANGO = {
    "label": "dates of two fields, and boxes that are edited in a list, have one label or none",
    "aria-prohibited-attr": "the hint beside a two-column choice is a span with a label",
}
"""Rules that pages of Django's admin break by themselves, and why that is not ours to mend."""


@pytest.fixture(scope="module")
def session(browser: Browser, portal: Portal) -> Iterator[str]:
    """The address of a session that is up."""
    page = browser.new_context().new_page()
    log_in(page, portal, "student")
    launch(page)
    page.get_by_test_id("run-all").wait_for()
    yield page.url.split("?")[0].removeprefix(portal.address)
    tear_down(page)
    page.context.close()


@pytest.mark.parametrize("who", PAGES)
def test_axe_finds_nothing(browser: Browser, portal: Portal, session: str, who: str) -> None:
    """WCAG 2.2 AA as far as a program can tell, on every page that somebody can reach."""
    context = browser.new_context()
    page = context.new_page()
    if who:
        log_in(page, portal, who)
    for name in ("403", "403_csrf", "500"):
        body = render_to_string(f"{name}.html")
        page.route(f"**/error/{name}", answer_with(body))
    wrong = []
    for address in PAGES[who]:
        found = problems(page, portal.address + address.format(session=session))
        # The admin's pages are Django's own.
        if not address.startswith("/admin/"):
            found += large_text.problems(page)
        wrong += [
            f"{address}: {each}"
            for each in found
            if "/admin/" not in address or rule(each) not in OF_DJANGO
        ]
    context.close()
    assert wrong == []


def rule(said: str) -> str:
    """Which rule of axe's it is, without the theme."""
    return next((each for each in said.split(": ") if each not in THEMES), "")


def answer_with(body: str) -> Callable[[Route], None]:
    """A page that no address gives on demand."""
    return lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")
