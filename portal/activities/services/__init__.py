"""What people want of sessions, steps and hosts: rows only, quick enough for a request.

Nothing here knows of queues: `orders` does, which calls these.
"""
