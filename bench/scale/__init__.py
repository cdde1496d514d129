"""A portal with more sessions than any machine has clusters for: those are in memory."""
