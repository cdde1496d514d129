"""Print the list of causes: `python -m portal.engine.causes > docs/causes.md`."""

from portal.engine.causes.listing import listing

print(listing(), end="")
