"""A terminal's screen, parsed from the bytes that are written to it, and painted anew from that.

A ring of bytes would not do: what a full-screen program has drawn long ago is still on the screen.
Whatever bytes come, it costs bounded time and memory. Standard library only: the agent has it.
"""

from .parser import Screen

__all__ = ["Screen"]
