"""Everything that touches a cluster. No Django, no users: names of sessions and services only."""
