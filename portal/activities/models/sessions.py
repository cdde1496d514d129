"""A student's session with a lab, and the runs of its steps: rows are the truth."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.activities.announce import announce
from portal.activities.models.attempts import Attempt
from portal.activities.models.work import Failure, Work
from portal.activities.status import NEXT_SESSION, Desired, SessionStatus, StepStatus
from portal.catalog.models import Lab, LabVersion
from portal.engine.errors import OnlyTried
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LIVE = [each for each in SessionStatus if each.is_live]
ACTIVE = [each for each in StepStatus if each.is_active]


def new_session_id() -> str:
    """Ten letters that can't be guessed or misread."""
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class Session(Failure):
    """One student's run through one version of a lab, on a cluster of its own."""

    id = models.CharField(primary_key=True, max_length=16, default=new_session_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lab_sessions"
    )
    version = models.ForeignKey(LabVersion, on_delete=models.PROTECT, related_name="sessions")
    lab = models.ForeignKey(
        Lab, on_delete=models.PROTECT, related_name="+", editable=False, help_text="The version's."
    )
    is_rehearsal = models.BooleanField(
        default=False, help_text="An instructor's test of the lab, not a student's session."
    )
    runtime = models.CharField(max_length=20)
    host = models.CharField(max_length=60)
    cluster = models.CharField(
        max_length=16, editable=False, help_text="Its cluster's name on the host."
    )
    desired = models.CharField(max_length=8, choices=Desired, default=Desired.UP)
    status = models.CharField(max_length=10, choices=SessionStatus, default=SessionStatus.QUEUED)
    generation = models.PositiveIntegerField(
        default=1, help_text="Counts the clusters that the session has had; a reset adds one."
    )
    revision = models.PositiveIntegerField(default=0, help_text="Grows with every visible change.")
    progress = models.JSONField(default=list, help_text="The launch's phases, newest state each.")
    is_warned = models.BooleanField(default=False, help_text="The page says that it ends soon.")
    is_autorunning = models.BooleanField(default=False, help_text="Run all is under way.")
    is_traced = models.BooleanField(
        default=True, help_text="Servers tell what became of their requests, with their bytes."
    )
    end_reason = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    starting_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    last_active_at = models.DateTimeField(default=timezone.now)
    last_watched_at = models.DateTimeField(default=timezone.now)
    wanted_at = models.DateTimeField(
        default=timezone.now, help_text="When anybody last had it open, or used it."
    )
    asleep_since = models.DateTimeField(
        null=True, blank=True, help_text="Its cluster stands still, until somebody comes."
    )
    slept_seconds = models.FloatField(
        default=0.0, help_text="How long it has slept before, in all."
    )
    beat_at = models.DateTimeField(
        null=True, blank=True, help_text="Last sign of life of the task that works on it."
    )
    files_saved = models.PositiveIntegerField(
        default=0, help_text="How often the student has saved a file."
    )
    files_put = models.PositiveIntegerField(
        default=0, help_text="As many of these saves are in the cluster."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "lab"],
                condition=Q(status__in=LIVE, is_rehearsal=False),
                name="one_live_session_per_student_and_lab",
            )
        ]
        permissions = [("watch_session", "Can watch every student's session")]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it, and its lab with it: no constraint can look through to the version's.

        Its cluster has its name, unless it gets one that has a name already.
        """
        if self._state.adding:
            self.lab_id = self.version.lab_id
            self.cluster = self.cluster or self.pk
        super().save(*args, **kwargs)

    @property
    def spec(self) -> LabSpec:
        """The lab that is being run."""
        return self.version.spec

    @property
    def state(self) -> SessionStatus:
        """The status as its enum, which answers questions."""
        return SessionStatus(self.status)

    @property
    def state_words(self) -> str:
        """The status as pages say it."""
        return "asleep" if self.asleep_since else str(self.state.label)

    def move(
        self, to: SessionStatus, *, only_from: SessionStatus | None = None, **fields: Any
    ) -> bool:
        """Move to another status if the table allows it from the one that the row has now.

        Of two that try, one wins: False says that somebody else has moved it since. `only_from`
        is for those who judge by what they saw a while ago: it has to be like that still.
        """
        allowed = [
            status
            for status, following in NEXT_SESSION.items()
            if to in following and only_from in (None, status)
        ]
        if to is SessionStatus.STOPPING:
            fields.setdefault("beat_at", None)  # No worker has begun to end it.
        fields.setdefault("asleep_since", None)
        won = Session.objects.filter(pk=self.pk, status__in=allowed).update(
            status=to, revision=F("revision") + 1, **fields
        )
        self.refresh_from_db()
        if won:
            announce(self.pk)
        return bool(won)

    def attempt(self) -> Attempt:
        """The present attempt: what is done on the cluster that the session has now."""
        spec = self.spec
        made, _ = Attempt.objects.get_or_create(
            session=self,
            generation=self.generation,
            defaults={
                "owner_id": self.owner_id,
                "lab_id": self.lab_id,
                "weights": {each.id: each.weight for each in spec.steps},
                "steps": len(spec.common_steps),
                "points_of": sum(each.weight for each in spec.steps),
            },
        )
        return made

    def change(self, **fields: Any) -> None:
        """Save named fields and tell that something visible changed."""
        Session.objects.filter(pk=self.pk).update(revision=F("revision") + 1, **fields)
        self.refresh_from_db()
        announce(self.pk)


class StepRun(Work):
    """One run of one step: what was asked, how far it is, what came of it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="runs")
    generation = models.PositiveIntegerField()
    step_id = models.CharField(max_length=40)
    params = models.JSONField(default=dict, help_text="What the student chose: calls, code, bytes.")
    cancel_requested = models.BooleanField(default=False)
    exit_status = models.IntegerField(null=True, blank=True)
    output = models.TextField(blank=True, help_text="What it printed, once it has finished.")
    evidence = models.JSONField(
        default=dict, help_text="What it saw beside: replies to its calls, a server's routes."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "step_id"],
                condition=Q(status__in=ACTIVE),
                name="one_active_run_per_step",
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.step_id} ({self.status})"

    @property
    def spec(self) -> StepSpec:
        """The step that is being run."""
        return self.session.spec.step(self.step_id)

    @property
    def typed(self) -> dict[str, str] | None:
        """Of a run that was typed in a terminal: its `service`, the shell's `name`, its `line`.

        Nothing was started for it: what it serves is that shell's.
        """
        found: dict[str, str] | None = self.params.get("typed")
        return found

    @property
    def is_trial(self) -> bool:
        """Whether it only tried a few lines: they ran, and the step is still to be done."""
        return self.error_code == OnlyTried.code

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far; None before its start."""
        if self.started_at is None:
            return None
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    def move(self, to: StepStatus, **fields: Any) -> bool:
        """As `Session.move`; the session's revision grows too."""
        won = super().move(to, **fields)
        if won:
            self.note_done()
            self.session.change()
        return won

    def note_done(self) -> None:
        """A run that is good is a step done, for good, in the attempt that it belongs to."""
        session = self.session
        if self.state.is_good and not session.is_rehearsal:
            if self.generation == session.generation:
                session.attempt().take(self.step_id)
            elif past := session.attempts.filter(generation=self.generation).first():
                past.take(self.step_id)

    def withdraw(self) -> bool:
        """Cancel it if no worker has begun it. False if one has."""
        won = StepRun.objects.filter(pk=self.pk, status=StepStatus.QUEUED).update(
            status=StepStatus.CANCELLED, finished_at=timezone.now()
        )
        self.refresh_from_db()
        if won:
            self.session.change(is_autorunning=False)
        return bool(won)
