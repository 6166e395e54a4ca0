"""What the model cannot see: a section that is well-formed, yet means no array or no experiment."""

from __future__ import annotations

from harness.scenario.findings import Finding
from harness.scenario.text import Path, name_of


class Unusable(Exception):
    """Raised deep inside a section, with a path relative to it; :meth:`finding` makes it absolute.

    Args:
        message: the sentence, without a place.
        path: what is wrong, relative to the section.
        at_key: the key is wrong rather than its value.
        about_value: the sentence wants the value's name in front.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path = (),
        hint: str | None = None,
        at_key: bool = False,
        about_value: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint
        self.at_key = at_key
        self.about_value = about_value

    def finding(self, section: Path) -> Finding:
        """The finding for a section that stands at ``section``."""
        path = (*section, *self.path)
        message = f"{name_of(section)} {self.message}" if self.about_value else self.message
        return Finding(path=path, message=message, hint=self.hint, at_key=self.at_key)
