"""What stands beside clusters, on each host: its relay, its reconciler, and the worker's tasks."""
