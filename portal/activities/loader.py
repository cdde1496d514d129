"""The templates of kinds of steps that come from outside: in `templates/` beside their modules."""

from pathlib import Path

from django.template.loaders import filesystem

from portal.engine.kinds import registry


class Loader(filesystem.Loader):
    """Looks where the kinds are that an operator has added."""

    def get_dirs(self) -> list[str | Path]:
        """Their folders; asked for each time, since kinds may come later."""
        return [*registry.folders()]
