"""What a recording is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.recorder.access import Access
from toolkit.recorder.client import Limits
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.recorder.address import Address

UNTIL_INTERRUPTED = NEVER
"""A `for_ms` that does not end by itself."""


@dataclass(frozen=True)
class Plan:
    """What a recording is asked to do.

    Attributes:
        address: The cluster.
        target: The bundle's directory.
        every_ms: From one tick to the next, at least 1.
        for_ms: How long, both ends included; 0 is one frame, `UNTIL_INTERRUPTED` goes on until Ctrl-C.
        access: How to get into the cluster.
        limits: How patient to be with it.
        errors: Whether the error records of failing executions are read too.
        redact: Whether names become pseudonyms and credentials are dropped, before anything is written.
        keep_names: Whether jobs keep their names.
        key: What pseudonyms are made with; at random if there is none.
        force: Whether a bundle, or an unfinished recording, that is there already is replaced.
    """

    address: Address
    target: Path
    every_ms: int = 5_000
    for_ms: int = 0
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    errors: bool = False
    redact: bool = True
    keep_names: bool = False
    key: bytes | None = field(default=None, repr=False)
    force: bool = False

    @property
    def last_tick(self) -> int:
        """The number of the last tick; the first is 0."""
        return self.for_ms // self.every_ms
