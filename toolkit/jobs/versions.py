"""Versions and ranges, read as npm's `semver` reads them."""

from __future__ import annotations

import re
from typing import Final

from semantic_version import NpmSpec, Version

from toolkit.jobs.values import SAFE

_LONGEST: Final = 256
"""npm's limit for a version; here for a range too."""
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,15})"
_BEFORE: Final = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD: Final = r"[0-9A-Za-z-]+"
_VERSION: Final = re.compile(
    rf"({_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_BEFORE}(?:\.{_BEFORE})*)?)(?:\+{_BUILD}(?:\.{_BUILD})*)?"
)
_OPERATOR: Final = re.compile(r"([<>=~^])\s+(?=[\dvxX*])")


def version(text: str) -> Version | None:
    """Read a version, a `v` before it and its build number left out; nothing if it is none."""
    plain = text.strip().removeprefix("v")
    read = _VERSION.fullmatch(plain) if len(plain) <= _LONGEST else None
    if not read:
        return None
    found = Version(read[1])
    return found if max(found.major, found.minor, found.patch) <= SAFE else None


def clean(text: str) -> Version | None:
    """Read a version as npm's `semver.clean` does: blanks and any `=` and `v` before it do not count."""
    return version(text.strip().lstrip("=v"))


class Range:
    """The versions that a range names, such as `1.2.3`, `^1.2` or `>=1 <3 || 4.x`; before releases only their own."""

    def __init__(self, text: str) -> None:
        """Read a range.

        Raises:
            ValueError: If it is none.
        """
        if len(text) > _LONGEST:
            raise ValueError(text)
        plain = _OPERATOR.sub(r"\1", text.replace("~>", "~"))
        exact = version(plain.strip().removeprefix("="))
        # npm's exact version is that version alone; the library's has the release after a release candidate too.
        self._exact = exact
        self._spec = None if exact else NpmSpec(plain)

    def has(self, one: Version) -> bool:
        """Say whether a version is in it."""
        return bool(one == self._exact if self._spec is None else self._spec.match(one))
