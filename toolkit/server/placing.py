"""Which world a request is for: by header, by path or by port, and whether its control API may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from toolkit.answers.exchange import Refusal
from toolkit.answers.route import OWN
from toolkit.errors import UsageError, WorldsFull
from toolkit.server.docs import UI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.server.guard import Guard
    from toolkit.server.served import ServedWorld
    from toolkit.server.worlds import Worlds

CONTROL: Final = f"{OWN}/"
"""Below this is the control API; letter case does not matter to routes, so it must not matter to who may."""
_WORLDS: Final = f"{CONTROL}worlds/"
_OPEN: Final = (f"{CONTROL}healthz", f"{UI}/")
"""What everyone may ask below `CONTROL`."""


def is_control(target: str) -> bool:
    """Tell whether a target is of the control API."""
    return target.startswith("/_") and target[: len(CONTROL)].lower() == CONTROL


class Placing:
    """Finds the world that a request is for."""

    def __init__(self, worlds: Worlds, guard: Guard) -> None:
        """Look among worlds; a guard says who may use the control API."""
        self._worlds = worlds
        self._guard = guard

    def place(self, target: str, named: str | None, headers: Mapping[str, str]) -> tuple[str, ServedWorld]:
        """Give what is asked of which world.

        Raises:
            Refusal: If it may not be asked, or there can be no such world.
        """
        if target[: len(_WORLDS)].lower() == _WORLDS:
            name, slash, rest = target[len(_WORLDS) :].partition("/")
            if slash:
                below = _unquoted(name)
                if named is not None and named != below:
                    raise Refusal(400, f"cannot ask two worlds: the path says {below!r}, X-Toolkit-World {named!r}", 0)
                named, target = below, f"/{rest}"
        if is_control(target) and not target.lower().startswith(_OPEN):
            refused = self._guard.refuse(headers)
            if refused is not None:
                raise Refusal(*refused, 0)
        if named is None:
            return target, self._worlds.base
        try:
            return target, self._worlds.named(named)
        except UsageError as error:
            raise Refusal(400, str(error), 0) from None
        except WorldsFull as error:
            raise Refusal(409, str(error), 0) from None


def _unquoted(name: str) -> str:
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        raise Refusal(400, f"cannot ask the world {name[:60]!r}: its name is not UTF-8; write it in UTF-8", 0) from None
