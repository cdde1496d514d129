"""Several hosts: what they share, and what becomes of sessions when one of them goes."""
