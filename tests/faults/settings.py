"""The portal's own settings, less patient with a worker that gives no sign of life."""

from portal.settings import *  # noqa: F403

SLUICE_STALE_SECONDS = 6.0
