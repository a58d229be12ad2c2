"""A cluster for tests: `toolkit.serve` for any framework, the fixture `teraslice` for pytest.

Nothing is imported until it is used: pytest imports this package in every run, whatever it tests.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from toolkit.testing.ages import StaleBundle
    from toolkit.testing.asking import Look
    from toolkit.testing.clock import HandClock
    from toolkit.testing.teraslice import Teraslice
    from toolkit.testing.transport import InProcess

__all__ = ["HandClock", "InProcess", "Look", "StaleBundle", "Teraslice"]

_PLACES: Final = {
    "InProcess": "transport",
    "Look": "asking",
    "StaleBundle": "ages",
    "Teraslice": "teraslice",
    "HandClock": "clock",
}


def __dir__() -> list[str]:
    """List what there is, also what nobody has asked for yet."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in _PLACES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
