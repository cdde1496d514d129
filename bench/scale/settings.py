"""The portal's own settings, with clusters in memory and a clock on each query."""

from bench.scale import timing
from portal.settings import *  # noqa: F403

SLUICE_RUNTIMES = {"sandbox": {"BACKEND": "bench.scale.clusters.Clusters"}}
timing.start(VAR_DIR / timing.FOLDER)  # noqa: F405
