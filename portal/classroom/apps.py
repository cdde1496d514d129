"""People and their classes: roles, the instructor's overview, and account of what was done."""

from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_migrate, post_save

from portal.panels import Piece, Place, add_piece


class ClassroomConfig(AppConfig):
    """The portal's people."""

    name = "portal.classroom"

    def ready(self) -> None:
        """Join the apps below, which know nothing of classes."""
        from portal.activities import ahead, signals, terms
        from portal.activities.permissions import may_also_watch
        from portal.catalog import offering
        from portal.catalog.signals import lab_changed
        from portal.classroom import (  # noqa: F401
            audit,
            checks,
            chores,
            lasting,
            meetings,
            queries,
            receivers,
            shelves,
            tour,
            tries,
        )
        from portal.classroom.permissions import is_staff_of_any, sessions_of_classes
        from portal.classroom.roles import ensure_groups
        from portal.insights.signals import hinted
        from portal.runner.signals import relay_began, relay_ended

        offering.choose_by(shelves.shelves_of)
        terms.ask(shelves.terms_of)
        terms.end_by(shelves.quiet_hour)
        ahead.ask(meetings.wanted)
        # Roles' groups follow the permissions that the migrations of these make.
        for each in ("activities", "catalog", "classroom"):
            post_migrate.connect(
                ensure_groups, sender=apps.get_app_config(each), dispatch_uid=f"roles of {each}"
            )
        may_also_watch(sessions_of_classes, is_staff_of_any)
        signals.session_changed.connect(receivers.tell_overviews, dispatch_uid="overviews")
        post_delete.connect(
            receivers.end_sign_ins, sender=self.get_model("Identity"), dispatch_uid="sign-ins"
        )
        user_logged_in.connect(lasting.begin, dispatch_uid="lasting")
        signals.acted.connect(audit.note_deed, dispatch_uid="audit")
        lab_changed.connect(audit.note_lab, dispatch_uid="labs")
        post_save.connect(audit.note_admin, sender="admin.LogEntry", dispatch_uid="admin")
        relay_began.connect(chores.begin, dispatch_uid="chores")
        relay_ended.connect(chores.end, dispatch_uid="chores")
        hinted.connect(receivers.keep_hint, dispatch_uid="hints")
        for piece in (
            Piece(
                Place.SESSION_TOP,
                "classroom/_help.html",
                context=queries.help_in,
                styles=("css/classroom.css",),
            ),
            Piece(Place.SESSION_BAR, "classroom/_due.html", order=-10, context=shelves.due_in),
            Piece(
                Place.SESSION_BAR,
                "classroom/_tour.html",
                order=-20,
                context=tour.offered,
                styles=("css/tour.css",),
                scripts=("js/guided-tour.js",),
            ),
            Piece(Place.SESSION_MENU, "classroom/_menu.html", order=1),
            Piece(Place.SESSION_MENU, "classroom/_tour_again.html", order=2),
            Piece(Place.LABS, "classroom/_labs.html"),
            Piece(Place.VERSION_TOOLS, "classroom/_version_tools.html"),
            Piece(Place.VERSION_DEEDS, "classroom/_version_deeds.html"),
            Piece(Place.VERSION_NOTES, "classroom/_version_notes.html", context=tries.shown),
        ):
            add_piece(piece)
