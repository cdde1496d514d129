"""What each role may do: Django's own groups and permissions, kept in one table."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from portal.classroom.models import User

PERMISSIONS: dict[User.Role, tuple[str, ...]] = {
    User.Role.STUDENT: (),
    # An instructor sees the sessions of the own classes' members: see permissions.py.
    User.Role.INSTRUCTOR: ("classroom.add_class",),
    User.Role.ADMIN: (
        "classroom.add_class",
        "activities.watch_session",
        "activities.view_host",
        "activities.delete_host",
        "activities.add_preparation",
    ),
}


BESIDE: dict[str, tuple[str, ...]] = {
    "Author": (
        "catalog.view_lab",
        "catalog.add_lab",
        "catalog.view_labversion",
        "catalog.add_labversion",
        "catalog.change_labversion",
        "catalog.delete_labversion",
    ),
    "Publisher": ("catalog.view_lab", "catalog.view_labversion", "catalog.publish_labversion"),
}
"""What somebody may do beside their role. Drafts are authors'; what students see, publishers'."""


def ensure_groups(app_config: Any = None, **kwargs: Any) -> None:
    """One group a role, with the tables' permissions. Safe to repeat."""
    if app_config is not None:
        # After a migration: Django may not have made the new models' permissions yet.
        create_permissions(app_config, verbosity=0)
    for name, names in {
        **{role.label: each for role, each in PERMISSIONS.items()},
        **BESIDE,
    }.items():
        group, _ = Group.objects.get_or_create(name=name)
        named = [
            Permission.objects.filter(content_type__app_label=label, codename=codename)
            for label, codename in (name.split(".") for name in names)
        ]
        group.permissions.set([each for found in named for each in found])


def grant(user: User, role: User.Role) -> None:
    """Give a person a role, and take the former one; who writes or publishes labs goes on so."""
    user.role = role
    user.is_superuser = role is User.Role.ADMIN
    user.is_staff = user.is_superuser or user.is_author or user.may_publish
    user.save(update_fields=["role", "is_staff", "is_superuser"])
    names = [role.label]
    names += ["Author"] if user.is_author else []
    names += ["Publisher"] if user.may_publish else []
    groups = Group.objects.filter(name__in=names)
    if len(groups) < len(names):  # Each migration makes them; somebody may have deleted one.
        ensure_groups()
        groups = Group.objects.filter(name__in=names)
    user.groups.set(groups)
