"""A lab's files in the admin: a field for each, instead of one of JSON."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

SPARE = 2
"""Empty places for new files."""


class FilesWidget(forms.Widget):
    """Each file's path and text; a path that is emptied removes its file."""

    template_name = "admin/catalog/files.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The files that there are, by path, and some empty places."""
        context = super().get_context(name, value, attrs)
        files = value if isinstance(value, Mapping) else {}
        context["files"] = [*sorted(files.items()), *[("", "")] * SPARE]
        return context

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """By the project's own templates, which Django's renderer of forms doesn't look through."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> dict[str, str] | None:
        """Texts by path, with a file's line ends. None when the form had no such fields."""
        found: dict[str, str] = {}
        number = 0
        while (path := data.get(f"{name}-{number}-path")) is not None:
            text = str(data.get(f"{name}-{number}-text", "")).replace("\r\n", "\n")
            if path.strip():
                found[path.strip()] = text
            number += 1
        return found if number else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the form had no such fields at all."""
        return f"{name}-0-path" not in data


class FilesField(forms.Field):
    """Texts by path."""

    widget = FilesWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether any path or text differs."""
        return (initial or {}) != (data or {})
