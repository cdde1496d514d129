"""A real cluster of one node, and what is tested on it: see docs/kubernetes.md."""
