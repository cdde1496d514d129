"""The whole portal as `make up` starts it, and a real Chromium to use it with."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from portal.classroom.tests.provider import CLIENT, Provider, running
from tests.browser.actions import in_portal
from tests.browser.axe import beside_axe
from tests.browser.rows import Rows
from tests.portal_process import LAZY, Portal, free_port, start, stop
from tests.second import has_failed

CHROMIUM = Path(__file__).with_name("chromium")
"""One that networks that come and go beside it do not disturb."""
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# All ways in are offered; nobody gets a mail here.
WAYS_IN = {
    "EMAIL_URL": "smtp://localhost:9",
    "SLUICE_MAIL_FROM": "sluice@sluice.example",
    "SLUICE_OIDC_CLIENT_ID": CLIENT,
    "SLUICE_OIDC_CLIENT_SECRET": "secret",
    "SLUICE_OIDC_NAME": "Example University",
}
END = """
import time
from portal.activities.models import Session
from portal.activities import orders
begun = Session.objects.filter(created_at__gte="{began}").exclude(status="ended")
for session in begun:
    orders.tear_down(session)
deadline = time.monotonic() + 60
while begun.exists() and time.monotonic() < deadline:
    time.sleep(0.2)
"""
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    """The identity provider of that portal."""
    with running() as provider:
        yield provider


@pytest.fixture(scope="package")
def portal(provider: Provider) -> Iterator[Portal]:
    """The portal that all browser tests share."""
    ways_in = {**WAYS_IN, "SLUICE_OIDC_ISSUER": provider.issuer}
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        portal = start(Path(folder), free_port(), **ways_in, **LAZY)
        yield portal
        stop(portal)
        assert portal.sandboxes() == []


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture(autouse=True)
def undo_what_a_failure_left(
    request: pytest.FixtureRequest, portal: Portal, tmp_path: Path
) -> Iterator[None]:
    """The next test, or a second try, finds no session and no row that this one has made."""
    began = timezone.now()
    rows = Rows(portal.var / "sluice.sqlite3", tmp_path / "before.sqlite3")
    yield
    if has_failed(request.node):
        in_portal(portal, END.format(began=began.isoformat()))
        rows.put_back()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own login, which fails its test for any error in the console."""
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    context.set_default_timeout(20_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert beside_axe(errors) == []
