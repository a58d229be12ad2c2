"""What a recording is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.recorder.access import Access
    from toolkit.recorder.address import Address
    from toolkit.recorder.client import Limits


@dataclass(frozen=True)
class Plan:
    """A whole recording.

    Attributes:
        address: The cluster's.
        access: What it is shown.
        limits: How patient to be with it, and how gentle.
        every_ms: From one tick to the next, at least 1.
        for_ms: How long, both ends included; 0 is one frame, `UNTIL_INTERRUPTED` goes on until Ctrl-C.
        target: The bundle's directory.
        errors: Whether error records of failing executions are read too.
        redact: Whether names become pseudonyms and credentials are dropped, before anything is written.
        keep_names: Whether names of jobs stay.
        key: What pseudonyms are made with; a random one if `None`.
        force: Whether a bundle that is there already is replaced.
    """

    address: Address
    access: Access
    limits: Limits
    every_ms: int
    for_ms: int
    target: Path
    errors: bool
    redact: bool
    keep_names: bool
    key: bytes | None
    force: bool


@dataclass(frozen=True)
class Resumption:
    """A recording that was cut off and is to go on; what is not here is as the first part of it was asked for.

    Attributes:
        folder: The journal's directory, or the bundle's that it was to become.
        address: The cluster's, if it was given again.
        access: Gathers what a cluster is shown; credentials are not in a journal.
        limits: How patient to be with it, and how gentle.
        key: What pseudonyms are made with, if it was given again.
    """

    folder: Path
    address: Address | None
    access: Callable[[Address], Access]
    limits: Limits
    key: bytes | None
