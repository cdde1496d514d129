"""What each role may do: Django's own groups and permissions, kept in one table."""

from typing import Any

from django.contrib.auth.models import Group, Permission

from portal.classroom.models import User

PERMISSIONS: dict[User.Role, tuple[str, ...]] = {
    User.Role.STUDENT: (),
    User.Role.INSTRUCTOR: ("watch_session",),
    User.Role.ADMIN: ("watch_session",),
}


def ensure_groups(**kwargs: Any) -> None:
    """One group a role, with the table's permissions. Safe to repeat."""
    for role, codenames in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=role.label)
        group.permissions.set(Permission.objects.filter(codename__in=codenames))


def grant(user: User, role: User.Role) -> None:
    """Give a person a role, and take the former one."""
    user.role = role
    user.is_staff = user.is_superuser = role is User.Role.ADMIN
    user.save(update_fields=["role", "is_staff", "is_superuser"])
    ensure_groups()
    user.groups.set(Group.objects.filter(name=role.label))
