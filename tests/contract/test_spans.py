"""What a server notes of its requests is told in every runtime."""

import threading
from pathlib import Path

from django.conf import settings

from portal.engine import spans
from portal.engine.spans import Begin, End
from tests.contract.cluster import eventually

WITHIN = 60.0
APP = b"""\
from flask import Flask
app = Flask(__name__)
@app.route("/fails")
def fails():
    raise ValueError("on purpose")
"""
FAILS_AT = 5
CALL = """\
import urllib.error, urllib.request
try:
    urllib.request.urlopen("http://127.0.0.1:5000/fails", timeout=30)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def test_a_request_is_told_with_its_bytes_and_its_error(cluster):
    site = Path(settings.LABS_DIR) / "images" / "mids" / "bin" / "site"
    for each in site.glob("*.py"):
        cluster.runtime.put_file(cluster.session, f"site/{each.name}", each.read_bytes())
    cluster.runtime.put_file(cluster.session, "app.py", APP)
    noted: list[spans.Line] = []
    stopped = threading.Event()

    def follow():
        told = spans.follow(cluster.runtime, cluster.session, "mids", 0, stopped.is_set)
        for part in told:
            noted.extend(each.line for each in part)

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        eventually(lambda: cluster.run("test", "-e", "/tmp/.trace/on").status == 0, WITHIN)
        given = ("PYTHONPATH=/w205/site", "FLASK_APP=/w205/app.py")
        cluster.start("web", "env", *given, "/opt/venv/bin/python", "-m", "flask", "run")
        eventually(lambda: cluster.python(CALL).stdout == b"500\n", WITHIN)
        ends = eventually(lambda: [each for each in noted if isinstance(each, End)], WITHIN)
    finally:
        stopped.set()
        reader.join()

    begun = next(each for each in noted if isinstance(each, Begin))
    assert (begun.id, begun.method, begun.path) == (ends[0].id, "GET", "/fails")
    assert ends[0].request.startswith(b"GET /fails HTTP/1.1\r\n")
    assert ends[0].response.startswith(b"HTTP/1.1 500 ")
    assert ends[0].error is not None
    assert (ends[0].error.type, ends[0].error.line) == ("ValueError", FAILS_AT)
