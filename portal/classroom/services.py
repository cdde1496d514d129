"""What can be done to people."""

import secrets

from portal.classroom.models import User
from portal.classroom.roles import grant

DEMO = {
    "student": User.Role.STUDENT,
    "student2": User.Role.STUDENT,
    "instructor": User.Role.INSTRUCTOR,
    "admin": User.Role.ADMIN,
}


def make_person(username: str, role: User.Role, password: str) -> User:
    """Make somebody with a login."""
    user = User.objects.create_user(username=username, password=password)
    grant(user, role)
    return user


def make_demo_people() -> dict[str, str]:
    """Make the demo logins that are missing; return the new ones' passwords by name."""
    passwords = {}
    for username, role in DEMO.items():
        if not User.objects.filter(username=username).exists():
            passwords[username] = secrets.token_urlsafe(9)
            make_person(username, role, passwords[username])
    return passwords
