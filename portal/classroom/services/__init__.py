"""What can be done to people and classes. Nothing here knows of requests."""

from portal.classroom.services.people import make_demo_people, make_person

__all__ = ["make_demo_people", "make_person"]
