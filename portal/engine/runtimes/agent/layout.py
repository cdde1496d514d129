"""Where things are inside a cluster, whatever it runs in."""

GUEST = "/opt/sluice"
"""The folder of the guest's programs."""
HOME = "/w205"
HOME_MB = 64
TMP, SHM = "/tmp", "/dev/shm"  # noqa: S108 - the cluster's own
SCRATCH_MB = {HOME: HOME_MB, TMP: 256, SHM: 16}
"""Writable folders, and how much they hold at most; `/data` is as large as a lab asks."""
