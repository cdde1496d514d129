"""Where is kept what outlives a cluster: on this machine, or in a bucket.

A bucket speaks S3's protocol, whoever's it is; where hosts have no disk in common it is what they
share (`portal.bucket`). Without one, results are files in a folder, and recordings in their rows.
"""

from pathlib import Path
from typing import Any

BUCKET = "storages.backends.s3.S3Storage"
CONNECT_SECONDS, READ_SECONDS, TRIES = 3, 15, 3
IN_MEMORY = 2 << 20
"""Of an object that is read; the rest of it goes to the disk."""


def backends(env: Any, var: Path) -> dict[str, Any]:
    """Django's STORAGES, by the environment."""
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        "lasting": bucket(env) if env("SLUICE_S3_BUCKET", default="") else folder(var),
    }


def folder(path: Path) -> dict[str, Any]:
    """A folder that all processes see."""
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(path)},
    }


def bucket(env: Any) -> dict[str, Any]:
    """A bucket. Without a key the machine's own is taken, as AWS gives it."""
    from botocore.config import Config

    return {
        "BACKEND": BUCKET,
        "OPTIONS": {
            "bucket_name": env("SLUICE_S3_BUCKET"),
            "location": env("SLUICE_S3_FOLDER", default=""),
            "endpoint_url": env("SLUICE_S3_ENDPOINT", default="") or None,
            "region_name": env("SLUICE_S3_REGION", default="us-east-1"),
            "access_key": env("SLUICE_S3_KEY", default="") or None,
            "secret_key": env("SLUICE_S3_SECRET", default="") or None,
            "verify": env("SLUICE_S3_CA", default="") or None,
            "max_memory_size": IN_MEMORY,
            "client_config": Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                signature_version="s3v4",
                # By the bucket's path: one of an own server seldom has a name for each bucket.
                s3={"addressing_style": "path" if env("SLUICE_S3_ENDPOINT", default="") else None},
                # Newer kinds of sums are Amazon's alone.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        },
    }
