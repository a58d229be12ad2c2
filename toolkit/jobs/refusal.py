"""Refusals, in Teraslice's words."""

from __future__ import annotations

from typing import Final, NoReturn

from toolkit.model.javascript import cut, units

_LONGEST: Final = 3_000
_FAULT: Final = 500


class Refused(Exception):
    """What Teraslice does not take.

    Attributes:
        status: The HTTP status.
        message: The error body's `message`; at most 3,000 UTF-16 units and ` ...`.
    """

    def __init__(self, message: str, status: int = _FAULT) -> None:
        """Refuse, with the status that a plain JavaScript error has unless another is given."""
        self.status = status
        self.message = cut(message, _LONGEST) + (" ..." if len(units(message)) > _LONGEST else "")
        super().__init__(self.message)


class JobRefused(Refused):
    """A job that Teraslice does not take."""


class AssetRefused(Refused):
    """An asset that Teraslice does not take."""


def refuse_job(message: str, status: int = _FAULT) -> NoReturn:
    """Refuse a job.

    Raises:
        JobRefused: Always.
    """
    raise JobRefused(message, status) from None


def refuse_asset(message: str, status: int = _FAULT) -> NoReturn:
    """Refuse an asset.

    Raises:
        AssetRefused: Always.
    """
    raise AssetRefused(message, status) from None
