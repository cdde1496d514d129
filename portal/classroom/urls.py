"""Addresses of classes."""

from django.urls import path

from portal.classroom.views import authoring, classes, help, hosts, joining, overview

app_name = "classroom"
urlpatterns = [
    path("classes/", classes.index, name="index"),
    path("classes/new/", classes.create, name="create"),
    path("classes/<int:class_id>/", overview.show, name="overview"),
    path("classes/<int:class_id>/live/", overview.live, name="live"),
    path("classes/<int:class_id>/progress.csv", overview.progress, name="progress"),
    path("classes/<int:class_id>/act/", overview.act, name="act"),
    path("classes/<int:class_id>/broadcast/", overview.broadcast, name="broadcast"),
    path("classes/<int:class_id>/hint/", overview.hint_group, name="hint_group"),
    path("classes/<int:class_id>/people/", classes.people, name="people"),
    path("classes/<int:class_id>/instructors/", classes.add_instructor, name="add_instructor"),
    path("classes/<int:class_id>/codes/", classes.make_code, name="make_code"),
    path(
        "classes/<int:class_id>/codes/<int:code_id>/withdraw/",
        classes.withdraw_code,
        name="withdraw_code",
    ),
    path("classes/<int:class_id>/roster/", joining.import_roster, name="roster"),
    path("classes/<int:class_id>/links.csv", classes.links, name="links"),
    path(
        "classes/<int:class_id>/people/<int:user_id>/remove/",
        classes.remove_member,
        name="remove_member",
    ),
    path(
        "classes/<int:class_id>/people/<int:user_id>/password/",
        classes.renew_password,
        name="renew_password",
    ),
    path("join/", joining.join, name="join"),
    path("join/<slug:code>/", joining.join, name="join_by_link"),
    path("guest/<slug:code>/", joining.guest, name="guest"),
    path("labs/versions/<int:version_id>/try/", authoring.try_version, name="try_version"),
    path("labs/versions/<int:version_id>/home.zip", authoring.take_home, name="take_home"),
    path("hosts/", hosts.show, name="hosts"),
    path("hosts/live/", hosts.live, name="hosts_live"),
    path("hosts/<str:host_name>/prepare/", hosts.prepare, name="prepare_host"),
    path("hosts/<str:host_name>/forget/", hosts.forget, name="forget_host"),
    path("help/<slug:session_id>/hand/", help.raise_hand, name="raise_hand"),
    path("help/<slug:session_id>/hand/lower/", help.lower_hand, name="lower_hand"),
    path("help/<slug:session_id>/hint/", help.leave_hint, name="leave_hint"),
    path("help/<slug:session_id>/hint/<int:hint_id>/seen/", help.put_away, name="put_away"),
    path("s/<slug:session_id>/history/", help.history, name="history"),
]
