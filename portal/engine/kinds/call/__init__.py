"""Calls of an API: what a lab says of them, how they are made, and what came of them."""

from portal.engine.kinds.call.kind import Button, Call

__all__ = ["Button", "Call"]
