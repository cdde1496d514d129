"""A terminal beside the steps: the student's own shells in the session's cluster."""

from django.apps import AppConfig

from portal.panels import Panel, add_panel

PANEL = Panel(
    name="terminal",
    title="Terminal",
    template="terminal/_panel.html",
    order=70,
    look="Open the terminal",
    styles=("vendor/xterm/xterm.css", "css/terminal.css"),
    scripts=("js/live-terminal.js", "js/cast-player.js"),
)


class TerminalConfig(AppConfig):
    """The app's registration."""

    name = "portal.terminal"

    def ready(self) -> None:
        """Show the panel, and hear of sessions that change and of what is typed."""
        from django.db.models.signals import post_delete

        from portal.activities import signals
        from portal.terminal import receivers

        signals.session_changed.connect(receivers.tell_pages, dispatch_uid="terminals")
        signals.command_began.connect(receivers.keep_typed, dispatch_uid="typed-began")
        signals.command_ran.connect(receivers.keep_typed, dispatch_uid="typed-ran")
        signals.terminal_recorded.connect(receivers.keep_recording, dispatch_uid="recorded")
        post_delete.connect(
            receivers.remove_recording, sender="terminal.Recording", dispatch_uid="recordings"
        )
        add_panel(PANEL)
