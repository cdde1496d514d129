"""Addresses of the portal."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

urlpatterns = [
    path("", include("portal.catalog.urls")),
    path("", include("portal.activities.urls")),
    path("", include("portal.results.urls")),
    path("", include("portal.wire.urls")),
    path("", include("portal.insights.urls")),
    path("", include("portal.classroom.urls")),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path(
        "password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(template_name="classroom/new_password.html"),
        name="password_reset_confirm",
    ),
    path(
        "password/renewed/",
        auth.PasswordResetCompleteView.as_view(template_name="classroom/password_renewed.html"),
        name="password_reset_complete",
    ),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/", admin.site.urls),
]
