"""The embedded runtime: one bubblewrap sandbox a session, everything in it confined."""

from portal.engine.runtimes.sandbox.runtime import SandboxRuntime

__all__ = ["SandboxRuntime"]
