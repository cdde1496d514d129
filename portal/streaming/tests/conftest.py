"""The small lab and its people, and a host whose clusters are in memory."""

from portal.activities.tests.conftest import (  # noqa: F401
    host,
    person,
    ready,
    session,
    student,
    version,
)
