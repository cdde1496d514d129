"""What the portal costs, measured beside the bare commands on this machine, in the same run."""
