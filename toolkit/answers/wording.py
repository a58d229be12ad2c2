"""Texts that more than one route answers with."""

from __future__ import annotations

from typing import Final

UNKNOWN_RECORD: Final = "OpenSearch Error: Response Error"
"""What Teraslice says of an id it does not know. Source: observed."""
REPLAY_REFUSAL: Final = "this server replays a bundle, which nothing changes; use toolkit serve --live for commands"
