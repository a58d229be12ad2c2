"""Which world a request is for: by header, by path or by port, and whether its control API may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from toolkit.errors import UsageError, WorldsFull
from toolkit.server.docs import UI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.server.guard import Guard
    from toolkit.server.served import ServedWorld
    from toolkit.server.worlds import Worlds

CONTROL: Final = "/_toolkit/"
"""Below this is the control API; letter case does not matter to routes, so it must not matter to who may."""
_WORLDS: Final = f"{CONTROL}worlds/"
_OPEN: Final = (f"{CONTROL}healthz", f"{UI}/")
"""What everyone may ask below `CONTROL`."""


def is_control(target: str) -> bool:
    """Tell whether a target is of the control API."""
    return target.startswith("/_") and target[: len(CONTROL)].lower() == CONTROL


class Misplaced(Exception):
    """A request that is for no world, or may not be asked.

    Attributes:
        status: The HTTP status of its refusal.
    """

    def __init__(self, status: int, message: str) -> None:
        """Refuse with a status and a sentence."""
        super().__init__(message)
        self.status = status


class Placing:
    """Finds the world that a request is for."""

    def __init__(self, worlds: Worlds, guard: Guard) -> None:
        """Look among worlds; a guard says who may use the control API."""
        self._worlds = worlds
        self._guard = guard

    def place(self, target: str, named: str | None, headers: Mapping[str, str]) -> tuple[str, ServedWorld]:
        """Give what is asked of which world.

        Raises:
            Misplaced: If it may not be asked, or there can be no such world.
        """
        if target[: len(_WORLDS)].lower() == _WORLDS:
            name, slash, rest = target[len(_WORLDS) :].partition("/")
            if slash:
                below = _unquoted(name)
                if named is not None and named != below:
                    raise Misplaced(400, f"cannot ask two worlds: the path says {below!r}, X-Toolkit-World {named!r}")
                named, target = below, f"/{rest}"
        if is_control(target) and not target.lower().startswith(_OPEN):
            refused = self._guard.refuse(headers)
            if refused is not None:
                raise Misplaced(*refused)
        if named is None:
            return target, self._worlds.base
        try:
            return target, self._worlds.named(named)
        except UsageError as error:
            raise Misplaced(400, str(error)) from None
        except WorldsFull as error:
            raise Misplaced(409, str(error)) from None


def _unquoted(name: str) -> str:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        raise Misplaced(400, f"cannot ask the world {name[:60]!r}: its name is not UTF-8; write it in UTF-8") from None
