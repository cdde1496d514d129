"""The engine against a real cluster."""
