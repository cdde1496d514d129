"""A student's own shells, in the page."""
