"""Who runs a class and helps in it: taken in, given another role, taken out."""

from django.db import transaction

from portal.classroom.models import Class, Right, Staff, User


class Refused(Exception):
    """Nothing was changed; the text says why, and what to do."""


@transaction.atomic
def appoint(klass: Class, user: User, role: Staff.Role, *, may_grade: bool) -> Staff:
    """Give somebody a role in a class; who has one there gets this one. Raises Refused."""
    post = klass.staffing.select_for_update().filter(user=user).first()
    if post is not None and role is not Staff.Role.OWNER:
        must_not_be_last_owner(post)
    made = klass.add_staff(user, role)
    made.may_grade = may_grade and role is Staff.Role.ASSISTANT
    made.save(update_fields=["may_grade"])
    return made


@transaction.atomic
def dismiss(post: Staff) -> None:
    """Take somebody out. Raises Refused."""
    must_not_be_last_owner(post)
    post.delete()


def must_not_be_last_owner(post: Staff) -> None:
    """A class without an owner could be archived and deleted by nobody. Raises Refused."""
    owners = Staff.objects.select_for_update().filter(klass=post.klass_id, role=Staff.Role.OWNER)
    if post.role == Staff.Role.OWNER and set(owners) == {post}:
        raise Refused(
            f"{post.user.get_username()} is the class's only owner. "
            "Make somebody else an owner first."
        )


def right_to_change(role: str) -> Right:
    """What somebody needs to appoint and dismiss people of a role."""
    return Right.MANAGE if role == Staff.Role.ASSISTANT else Right.OWN
