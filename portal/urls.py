"""Addresses of the portal."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from portal import styleguide
from portal.classroom.views import account, signing
from portal.health import healthz
from portal.metrics import metrics
from portal.readiness import livez, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("portal.catalog.urls")),
    path("", include("portal.activities.urls")),
    path("", include("portal.results.urls")),
    path("", include("portal.wire.urls")),
    path("", include("portal.terminal.urls")),
    path("", include("portal.trace.urls")),
    path("", include("portal.faults.urls")),
    path("", include("portal.groups.urls")),
    path("", include("portal.streaming.urls")),
    path("", include("portal.insights.urls")),
    path("", include("portal.classroom.urls")),
    path("login/", signing.Login.as_view(), name="login"),
    path("login/oidc/", signing.sign_in, name="oidc_login"),
    path("login/oidc/done/", signing.signed_in, name="oidc_done"),
    path("login/oidc/connect/", account.connect, name="oidc_connect"),
    path("login/oidc/disconnect/", account.disconnect, name="oidc_disconnect"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", account.Account.as_view(), name="password_change"),
    path("password/forgotten/", signing.Forgotten.as_view(), name="password_reset"),
    path(
        "password/forgotten/sent/",
        auth.PasswordResetDoneView.as_view(template_name="classroom/forgotten_sent.html"),
        name="password_reset_done",
    ),
    path(
        "password/<uidb64>/<token>/",
        signing.NewPassword.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/renewed/",
        auth.PasswordResetCompleteView.as_view(template_name="classroom/password_renewed.html"),
        name="password_reset_complete",
    ),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/login/", signing.admin_login),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide.guide, name="styleguide"))
