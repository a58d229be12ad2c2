"""What every track of a bundle must be, whatever its documents hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.bundle.counting import check_counters, check_counts, has_place
from toolkit.bundle.words import refuse, under

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.tracks.track import Item, Span, Track


def check_track(track: Track, first: int, last: int, instants: Sequence[int] = (), *, may_fall: bool = False) -> None:
    """Check a track's instants, counters and lists.

    Args:
        track: The track.
        first: The bundle's first instant.
        last: Its last one.
        instants: The frames' instants, if it is a recording's.
        may_fall: Whether its counters are totals that may begin anew.

    Raises:
        BundleDamaged: If something in it cannot be; the text starts with the field.
    """
    if not track.id:
        refuse("$.id", "is empty")
    _check_changes(track, first, last)
    check_spans(track.spans)
    for name, items in track.lists.items():
        _check_list(track, name, items)
    check_counts(track, first, last)
    check_counters(track, last, instants, may_fall=may_fall)


def _check_changes(track: Track, first: int, last: int) -> None:
    before = None
    for place, change in enumerate(track.changes):
        where = f"$.changes[{place}].t"
        if before is not None and change.t <= before:
            refuse(where, "is not later than the one before it")
        if not first <= change.t <= last:
            refuse(where, "is outside the bundle's time")
        before = change.t


def check_spans(spans: list[Span]) -> None:
    """Check that a record's times of existence follow one another.

    Raises:
        BundleDamaged: If they do not; the text starts with the field.
    """
    for place, (since, until) in enumerate(spans):
        where = f"$.spans[{place}]"
        if since is not None and until is not None and since >= until:
            refuse(where, "ends before it begins")
        if place == 0:
            continue
        before = spans[place - 1][1]
        if before is None or since is None or since <= before:
            refuse(where, "does not begin after the one before it ends")


def _check_list(track: Track, name: str, items: list[Item]) -> None:
    where = under("$.lists", name)
    if not has_place(track, name):
        refuse(where, "has no place in the document")
    for place, item in enumerate(items):
        if item.since is not None and item.until is not None and item.since >= item.until:
            refuse(f"{where}[{place}]", "ends before it begins")
