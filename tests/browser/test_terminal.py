"""Week 10 in a shell of the student's own: typed, left, come back to, and of no danger."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import launch, log_in, open_tab, status, step
from tests.portal_process import Portal

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SLOWLY, AS_LONG_AS_IT_TAKES = 90_000, 300_000
"""Of a JVM beside another one, on a machine with much to do, nobody knows how long that is."""
# As the notes have them: over several lines, and on one.
TOPIC = """\
docker-compose exec kafka \\
  kafka-topics \\
    --create \\
    --topic events \\
    --partitions 1 \\
    --replication-factor 1 \\
    --if-not-exists --zookeeper zookeeper:32181"""
FLASK = """\
docker-compose exec mids \\
  env FLASK_APP=/w205/flask-with-kafka-and-spark/game_api_with_json_events.py \\
  flask run --host 0.0.0.0"""
EXTENDED = (
    "docker-compose exec mids env FLASK_APP=/w205/flask-with-kafka-and-spark/"
    "game_api_with_extended_json_events.py flask run --host 0.0.0.0"
)
CURL = "docker-compose exec mids curl http://localhost:5000/"
KAFKACAT = "docker-compose exec mids kafkacat -C -b kafka:29092 -t events -o beginning -e"
READ = r"""raw_events = spark \
  .read \
  .format("kafka") \
  .option("kafka.bootstrap.servers", "kafka:29092") \
  .option("subscribe","events") \
  .option("startingOffsets", "earliest") \
  .option("endingOffsets", "latest") \
  .load() """
EXTRACT = "extracted_events = events.rdd.map(lambda x: json.loads(x.value)).toDF()"
HOSTILE = r"printf '\e]0;taken\a\e]52;c;dGFrZW4=\a\e[38;2;9;9;9mdark\e[0m %s\n' sa''fe"


def shell(page: Page) -> Locator:
    """The screen, once there is a shell behind it."""
    open_tab(page, "terminal")
    state = page.get_by_test_id("terminal-state")
    expect(state).to_have_attribute("data-state", "live", timeout=SLOWLY)
    screen = page.get_by_test_id("terminal-screen")
    expect(screen).to_contain_text("$", timeout=SLOWLY)
    screen.locator(".xterm-screen").click()
    return screen


def another(page: Page, name: str) -> None:
    """One more shell in mids."""
    page.get_by_test_id("terminal-service").select_option("mids")
    page.get_by_test_id("terminal-new").click()
    expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    screen = page.get_by_test_id("terminal-screen")
    expect(screen).not_to_contain_text("Running on", timeout=SLOWLY)
    expect(screen).to_contain_text("mids:", timeout=SLOWLY)


def show(page: Page, name: str) -> None:
    """A shell that is there."""
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def enter(page: Page, line: str, answer: str) -> None:
    """Type a line, on a screen without what was there before, and wait for what it prints."""
    page.keyboard.press("Control+l")
    page.keyboard.type(f"{line}\n")
    screen = page.get_by_test_id("terminal-screen")
    expect(screen).to_contain_text(answer, timeout=SLOWLY)


def done(page: Page, step_id: str, state: str = "passed") -> None:
    """Wait until a step is."""
    expect(step(page, step_id)).to_have_attribute("data-state", state, timeout=SLOWLY)


def test_week_10_is_done_wholly_in_the_terminal(page: Page, portal: Portal) -> None:
    log_in(page, portal, "student")
    launch(page)
    screen = shell(page)
    enter(page, "docker-compose up -d", "kafka is up-to-date")
    enter(page, "docker-compose ps", "zookeeper   Up")
    enter(page, TOPIC, "Created topic")
    done(page, "topic")
    enter(page, FLASK, "Running on")
    done(page, "serve", "serving")

    another(page, "mids 2")
    enter(page, CURL, "This is the default response!")
    enter(page, f"{CURL}purchase_a_sword", "Sword Purchased!")
    done(page, "call")
    enter(page, KAFKACAT, '{"event_type": "purchase_sword"}')
    done(page, "read")
    enter(page, "docker-compose exec mids telnet localhost 5000", "Escape character")
    page.keyboard.type("GET /purchase_a_sword HTTP/1.0\n\n")
    expect(screen).to_contain_text("closed by foreign host", timeout=SLOWLY)
    done(page, "telnet")

    show(page, "mids")
    expect(screen).to_contain_text("Running on", timeout=SLOWLY)
    page.keyboard.press("Control+c")
    done(page, "serve")
    enter(page, EXTENDED, "Running on")
    done(page, "serve-extended", "serving")
    show(page, "mids 2")
    enter(page, CURL, "This is the default response!")
    done(page, "call-extended")
    enter(page, KAFKACAT, '"Host": "localhost:5000"')
    done(page, "read-extended")

    page.keyboard.press("Control+l")
    page.keyboard.type("docker-compose exec spark pyspark\n")
    expect(screen).to_contain_text(">>>", timeout=AS_LONG_AS_IT_TAKES)
    for line in (READ, "events = raw_events.select(raw_events.value.cast('string'))"):
        page.keyboard.type(f"{line}\n")
    page.keyboard.type(f"import json\n{EXTRACT}\nextracted_events.show()\n")
    expect(screen).to_contain_text("|purchase_sword|", timeout=AS_LONG_AS_IT_TAKES)
    page.keyboard.type("exit()\n")
    done(page, "extract")
    results = open_tab(page, "results")
    expect(results).to_contain_text("Read from what was printed", timeout=SLOWLY)
    expect(results).to_contain_text("purchase_sword")

    # What a program prints stays in the screen.
    screen = shell(page)
    title = page.title()
    enter(page, HOSTILE, "dark safe")
    assert page.title() == title
    # F6 leaves it; the search finds; a reload shows the screen as it was.
    page.keyboard.press("F6")
    expect(page.get_by_test_id("tab-terminal")).to_be_focused()
    page.get_by_test_id("terminal-search-open").click()
    page.get_by_test_id("terminal-search").fill("dark safe")
    expect(page.get_by_test_id("terminal-found")).to_have_text("")
    page.get_by_test_id("terminal-search").fill("nowhere to be seen")
    expect(page.get_by_test_id("terminal-found")).to_have_text("Not found")
    page.reload()
    screen = shell(page)
    expect(screen).to_contain_text("dark safe", timeout=SLOWLY)

    show(page, "mids")
    expect(screen).to_contain_text("Running on", timeout=SLOWLY)
    page.keyboard.press("Control+c")
    done(page, "serve-extended")
    done(page, "stop")
    enter(page, "docker-compose logs --tail=5 kafka", "kafka | ")
    enter(page, "exit", "exit")
    state = page.get_by_test_id("terminal-state")
    expect(state).to_contain_text("ended with exit status", timeout=SLOWLY)
    page.get_by_test_id("terminal-restart").click()
    expect(state).to_have_attribute("data-state", "live", timeout=SLOWLY)

    # The page asks before the cluster ends.
    enter(page, "docker-compose down", "The page now asks")
    confirm = page.get_by_test_id("tear-down-confirm")
    expect(confirm).to_be_visible(timeout=SLOWLY)
    expect(page.get_by_role("button", name="Keep going")).to_be_focused()
    confirm.click()
    expect(status(page)).to_have_attribute("data-status", "ended", timeout=SLOWLY)
    done(page, "down")
    missed = page.locator('[data-testid^="step-"][data-state="failed"]')
    expect(missed).to_have_count(0)
