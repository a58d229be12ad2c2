"""A Teraslice cluster to develop and test against: generated, live, recorded and replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.testing.serving import serve

__version__ = "0.1.0"

__all__ = ["__version__", "serve"]


def __dir__() -> list[str]:
    """List what there is, `serve` too while nobody has asked for it."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import `serve` when it is asked for: everything else does without what it needs."""
    if name != "serve":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from toolkit.testing.serving import serve  # noqa: PLC0415 - see above

    return serve
