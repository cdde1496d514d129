"""Logging in: with a password, at an identity provider, or by a link that comes by mail."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView, PasswordResetView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from portal.classroom import audit, doors, mail, oidc
from portal.classroom.forms import ForgottenForm, LoginForm
from portal.classroom.limits import WAIT, Limit, is_too_often
from portal.classroom.services import signing_in
from portal.classroom.views import account
from portal.classroom.views.joining import address_of

NEXT = "oidc_next"
TRIES, TRY_SECONDS = 20, 600
"""From one address, behind which a whole room may be."""
MAILS, MAIL_SECONDS = 3, 3600
"""To one address."""


class Login(LoginView):
    """Django's own, which also offers what the operator has set up."""

    redirect_authenticated_user = True
    authentication_form = LoginForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Let them in; this browser is theirs from now on."""
        response = super().form_valid(form)
        audit.record(form.get_user(), "log in", detail="with a password")
        doors.know_browser(self.request, response, form.get_user())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say so, and to programs by the status as well."""
        response = super().form_invalid(form)
        if getattr(self.request, "is_too_often", False):
            response.status_code = 429
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which other ways in there are."""
        return super().get_context_data(
            **kwargs,
            provider=settings.OIDC_NAME if oidc.is_on() else "",
            has_mail=mail.is_on(),
            is_own_machine=not settings.BEHIND_TLS,
        )


@login_not_required
@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no door of its own. Whoever is in and may not go there is told so."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    where = request.GET.get("next") or reverse("admin:index")
    return redirect(f"{reverse('login')}?{urlencode({'next': where})}")


@method_decorator(login_not_required, name="dispatch")
class Forgotten(PasswordResetView):
    """Django's own, where there is a mail server; nobody learns from it who has a login."""

    form_class = ForgottenForm
    template_name = "classroom/forgotten.html"
    email_template_name = "classroom/forgotten_mail.txt"
    subject_template_name = "classroom/forgotten_subject.txt"
    extra_email_context = {"address": settings.ADDRESS}
    success_url = reverse_lazy("password_reset_done")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not there without a mail server."""
        if not mail.is_on():
            raise Http404("This portal sends no mail.")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Not too often from one place."""
        where = address_of(request)
        limit = Limit("forgotten", TRIES, TRY_SECONDS)
        if audit.refuses(limit, where, None, "mail refused", f"from {where}"):
            context = {**self.get_context_data(), "wait": WAIT}
            return render(request, self.template_name, context, status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Nor to one address; that is not told, for it would tell of the ones before."""
        address = form.cleaned_data["email"].lower()
        if is_too_often("forgotten-mail", address, most=MAILS, seconds=MAIL_SECONDS):
            return redirect(str(self.success_url))
        return super().form_valid(form)


class NewPassword(PasswordResetConfirmView):
    """Django's own, and account of it."""

    template_name = "classroom/new_password.html"

    def form_valid(self, form: "SetPasswordForm[Any]") -> HttpResponse:
        """By a link that works once."""
        response = super().form_valid(form)
        audit.record(form.user, "new password", detail="by a link")
        return response


@login_not_required
@never_cache
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the identity provider; where another site sends somebody, once they have said so."""
    oidc.must_be_on()
    wish = request.GET.get("next", "")
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return redirect(f"{reverse('login')}?{urlencode({'next': wish})}")
    request.session[NEXT] = wish
    try:
        return redirect(oidc.begin(request))
    except oidc.SignInFailed as failure:
        return refuse(request, str(failure))


@login_not_required
@never_cache
@require_GET
def signed_in(request: HttpRequest) -> HttpResponse:
    """Back from it: to sign in, or to connect the login that sent somebody there."""
    oidc.must_be_on()
    if login_id := oidc.login_to_connect(request):
        return account.connected(request, login_id)
    try:
        claims = oidc.finish(request)
    except oidc.SignInFailed as failure:
        return refuse(request, str(failure))
    user = signing_in.person_of(settings.OIDC_ISSUER, claims)
    if not user.is_active:
        audit.record(user, "sign-in refused", detail="the login is switched off")
        return refuse(request, "Your login here is switched off. Ask the admin of this portal.")
    wish = request.session.pop(NEXT, "")
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    audit.record(user, "sign in", detail=settings.OIDC_ISSUER)
    return redirect(wish if is_ours(request, wish) else settings.LOGIN_REDIRECT_URL)


def refuse(request: HttpRequest, words: str) -> HttpResponse:
    """Back to the login page, which says why."""
    messages.error(request, words)
    return redirect("login")


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether an address is a page of the portal."""
    hosts = {request.get_host()}
    return url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure())
