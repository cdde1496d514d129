"""What can be done to people."""

import secrets
import tomllib
from pathlib import Path

from django.conf import settings

from portal.catalog.models import Lab
from portal.classroom.models import Class, Staff, User
from portal.classroom.roles import grant

DEMO = {
    "student": User.Role.STUDENT,
    "student2": User.Role.STUDENT,
    "instructor": User.Role.INSTRUCTOR,
    "admin": User.Role.ADMIN,
}


def make_person(username: str, role: User.Role, password: str | None) -> User:
    """Make somebody with a login; without a password for whoever signs in elsewhere."""
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
    make_demo_class()
    return passwords


def demo_lab() -> str:
    """The name of the lab for who tries the portal, as the folder of labs says; or nothing."""
    try:
        said = tomllib.loads((Path(settings.LABS_DIR) / "demo.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return ""
    return str(said.get("lab", ""))


def make_demo_class() -> None:
    """The demo instructor teaches the demo students, unless there is a class already."""
    people = {user.username: user for user in User.objects.filter(username__in=DEMO)}
    if len(people) < len(DEMO) or Class.objects.exists():
        return
    lab = Lab.objects.filter(name=demo_lab()).first()
    klass = Class.objects.create(name="Demo class", lab=lab, admits_guests=True)
    klass.add_staff(people["instructor"], Staff.Role.OWNER)
    for username, role in DEMO.items():
        if role is User.Role.STUDENT:
            klass.memberships.create(user=people[username])
