"""Addresses of raw exchanges."""

from django.urls import path

from portal.wire import views

app_name = "wire"
at = "s/<slug:session_id>/http/"
urlpatterns = [
    path(at, views.exchanges, name="exchanges"),
    path(f"{at}send/", views.send, name="send"),
    path(f"{at}captured/<key>/keep/", views.keep, name="keep"),
    path(f"{at}<int:pk>/again/", views.again, name="again"),
    path(f"{at}<int:pk>/say/", views.say, name="say"),
    path(f"{at}<int:pk>/hang-up/", views.hang_up, name="hang_up"),
    path(f"{at}<int:pk>/name/", views.rename, name="rename"),
    path(f"{at}<int:pk>/<slug:form>/", views.download, name="download"),
]
