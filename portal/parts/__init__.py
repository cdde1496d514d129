"""Install what Sluice runs on: `python3 -m portal.parts install`. Standard library only."""
