"""Programs that run inside a cluster. Standard library and the guest's own packages only."""
