"""What a recording is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.recorder.access import Access
from toolkit.recorder.client import Limits
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.recorder.address import Address

UNTIL_INTERRUPTED = NEVER
"""A `for_ms` that does not end by itself."""


@dataclass(frozen=True)
class Plan:
    """A whole recording.

    Attributes:
        address: The cluster's.
        target: The bundle's directory.
        every_ms: From one tick to the next, at least 1.
        for_ms: How long, both ends included; 0 is one frame, `UNTIL_INTERRUPTED` goes on until Ctrl-C.
        access: What the cluster is shown.
        limits: How patient to be with it, and how gentle.
        errors: Whether error records of failing executions are read too.
        redact: Whether names become pseudonyms and credentials are dropped, before anything is written.
        keep_names: Whether names of jobs stay.
        key: What pseudonyms are made with; a random one if `None`.
        force: Whether a bundle, or a recording that was not finished, is replaced.
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


@dataclass(frozen=True)
class Resumption:
    """A recording that was cut off and is to go on; what is not here is as the first part of it was asked for.

    Attributes:
        folder: The directory of the bundle that it was to become, or the journal's.
        address: The cluster's, if it was given again.
        access: Gathers what a cluster is shown; credentials are not in a journal.
        limits: How patient to be with it, and how gentle.
        key: What pseudonyms are made with, if it was given again.
        for_ms: How long from now on; `None` is as it was begun.
    """

    folder: Path
    address: Address | None
    access: Callable[[Address], Access] = lambda _address: Access()
    limits: Limits = field(default_factory=Limits)
    key: bytes | None = field(default=None, repr=False)
    for_ms: int | None = None
