"""A question: what a student expects, before the cluster tells."""

from portal.engine.kinds.ask.kind import Ask

__all__ = ["Ask"]
