"""Texts that more than one route answers with."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN_RECORD: Final = "OpenSearch Error: Response Error"
"""What Teraslice says of an id it does not know. Source: observed."""
REPLAY_REFUSAL: Final = "this server replays a bundle, which nothing changes; use toolkit serve --live for commands"


def unknown_operation(name: str, names: Sequence[str]) -> str:
    """Say that no operation has a name, and which one is called alike."""
    alike = get_close_matches(name, names, 1) or ["executions"]
    return f"no operation is called {name!r}; write one such as {alike[0]}"
