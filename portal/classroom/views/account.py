"""Somebody's own account: its password, and who they are at the identity provider."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.classroom import audit, mail, oidc, tour, zones
from portal.classroom.limits import WAIT, Limit
from portal.classroom.models import AuditEntry, User
from portal.classroom.services import identities, signing_in

PAGE = "password_change"
TRIES = Limit("password", most=20, seconds=600)
AS = {"student": "a student", "instructor": "an instructor", "admin": "an admin"}


SIGNED_IN = ("log in", "sign in")


class Account(PasswordChangeView):
    """Django's own, and signing in elsewhere where that is set up."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A session that was left open must not be a place to guess its password."""
        if audit.refuses(TRIES, str(request.user.pk), request.user, "password refused"):
            messages.error(request, WAIT)
            return redirect(PAGE)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Keep account of it."""
        audit.record(self.request.user, "change password")
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Who they are there. A guest's login is one browser's, and stays so."""
        user = cast(User, self.request.user)
        is_offered = oidc.is_on() and not user.is_guest
        return super().get_context_data(
            **kwargs,
            provider=settings.OIDC_NAME if is_offered else "",
            identity=identities.of(user) if is_offered else None,
            zones=sorted(zones.known()),
            signed_in=AuditEntry.objects.filter(verb__in=SIGNED_IN, actor_id=user.pk)[:5],
            is_mail_on=mail.is_on() and not user.is_guest,
        )


def must_know_password(request: HttpRequest, user: User) -> None:
    """Whoever finds a session open doesn't change its ways in. Raises identities.Refused."""
    if not user.has_usable_password():
        return
    if audit.refuses(TRIES, str(user.pk), user, "password refused"):
        raise identities.Refused(WAIT)
    if not user.check_password(request.POST.get("password", "")):
        raise identities.Refused("That is not this login's password. Nothing was changed.")


@never_cache
@require_POST
def connect(request: HttpRequest) -> HttpResponse:
    """Off to the provider, to say who one is there."""
    oidc.must_be_on()
    user = cast(User, request.user)
    if user.is_guest:
        raise PermissionDenied
    try:
        must_know_password(request, user)
        where = oidc.begin(request, connects=user.pk)
    except (identities.Refused, oidc.SignInFailed) as failure:
        return refuse(request, str(failure))
    # A page and no redirect: to follow one, a form would need the policy to name the provider.
    context = {"where": where, "provider": settings.OIDC_NAME}
    return render(request, "classroom/connecting.html", context)


def connected(request: HttpRequest, login_id: int) -> HttpResponse:
    """Back from it: whoever the provider vouches for may sign in to the login that asked."""
    try:
        claims = oidc.finish(request)
        if request.user.pk != login_id:
            raise oidc.SignInFailed(
                "This was begun for another login. Nothing was changed: log in, then connect it."
            )
        user = request.user
        identity = identities.connect(user, claims)
    except oidc.SignInFailed as failure:
        return refuse(request, str(failure))
    except identities.Refused as refusal:
        audit.record(user, "connect refused", detail=str(refusal))
        return refuse(request, str(refusal))
    audit.record(user, "connect", detail=str(identity))
    messages.success(request, f"You can sign in to this login with {settings.OIDC_NAME} now.")
    tell_role(request, user, claims)
    return redirect(PAGE)


def tell_role(request: HttpRequest, user: User, claims: dict[str, Any]) -> None:
    """Say so if the provider, which decides at a sign-in, gives another role than they have."""
    role = signing_in.role_in(claims)
    if role is None or role == user.role:
        return
    messages.warning(
        request,
        f"Signing in with {settings.OIDC_NAME} makes you {AS[role]} here. If that is not "
        "right, disconnect it and ask the admin of this portal.",
    )


@require_POST
def disconnect(request: HttpRequest) -> HttpResponse:
    """Only the password lets them in, from now on."""
    oidc.must_be_on()
    user = cast(User, request.user)
    try:
        must_know_password(request, user)
        identity = identities.disconnect(user)
    except identities.Refused as refusal:
        return refuse(request, str(refusal))
    if identity:
        user.refresh_from_db(fields=["sign_outs"])
        update_session_auth_hash(request, user)  # Here they stay; elsewhere it was the way in.
        audit.record(user, "disconnect", detail=str(identity))
        messages.success(request, f"{settings.OIDC_NAME} is disconnected from this login.")
    return redirect(PAGE)


@require_POST
def leave_elsewhere(request: HttpRequest) -> HttpResponse:
    """Every other browser that is logged in to this login is not any more."""
    user = cast(User, request.user)
    user.end_sessions()
    update_session_auth_hash(request, user)
    audit.record(user, "log out elsewhere")
    messages.success(request, "You are logged in here alone.")
    return redirect(PAGE)


@require_POST
def set_zone(request: HttpRequest) -> HttpResponse:
    """Times on pages are those of this zone; of the browser's own if none is chosen."""
    name = request.POST.get("zone", "")
    if name and name not in zones.known():
        return refuse(request, "There is no such time zone. Choose one from the list.")
    user = cast(User, request.user)
    user.time_zone = name
    user.save(update_fields=["time_zone"])
    messages.success(request, "Saved.")
    return redirect(PAGE)


@require_POST
def set_mail(request: HttpRequest) -> HttpResponse:
    """Whether messages come by mail as well."""
    user = cast(User, request.user)
    user.mails_messages = "mails" in request.POST
    user.save(update_fields=["mails_messages"])
    messages.success(request, "Saved.")
    return redirect(PAGE)


@require_POST
def put_tour_away(request: HttpRequest) -> HttpResponse:
    """The tour was seen, or is not wanted."""
    tour.seen(cast(User, request.user))
    return HttpResponse(status=204)


def refuse(request: HttpRequest, words: str) -> HttpResponse:
    """Back to the account, which says why."""
    messages.error(request, words)
    return redirect(PAGE)
