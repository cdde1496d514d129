"""The portal's settings with the docker runtime on the engine that DOCKER_HOST names."""

from portal.settings import *  # noqa: F403
from portal.settings import RUN_DIR, SLUICE_RUNTIMES

SLUICE_RUNTIMES = SLUICE_RUNTIMES | {
    "docker": {
        "BACKEND": "portal.engine.runtimes.docker.DockerRuntime",
        "OPTIONS": {"folder": str(RUN_DIR / "containers")},
    },
}
