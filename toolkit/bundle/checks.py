"""What every track of a bundle must be, whatever its documents hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import BundleDamaged

if TYPE_CHECKING:
    from toolkit.tracks.track import Counter, Item, Piece, Span, Track


def check_track(track: Track, first: int, last: int) -> None:
    """Check a track's instants, counters and lists.

    Args:
        track: The track.
        first: The bundle's first instant.
        last: Its last one.

    Raises:
        BundleDamaged: If something in it cannot be; the text starts with the field.
    """
    if not track.id:
        _refuse("$.id", "is empty")
    _check_changes(track, first, last)
    check_spans(track.spans)
    for name, counter in track.counters.items():
        _check_counter(track, name, counter)
    for name, items in track.lists.items():
        _check_list(track, name, items)
    for name, (_, of) in track.counts.items():
        where = f"$.counts.{name}"
        if of not in track.lists:
            _refuse(where, f"counts {of!a}, which is not one of the track's lists")
        if name not in track.doc:
            _refuse(where, "has no place in the document")


def _refuse(where: str, why: str) -> None:
    msg = f"{where}: {why}"
    raise BundleDamaged(msg)


def _check_changes(track: Track, first: int, last: int) -> None:
    before = None
    for place, change in enumerate(track.changes):
        where = f"$.changes[{place}].t"
        if before is not None and change.t <= before:
            _refuse(where, "is not later than the one before it")
        if not first <= change.t <= last:
            _refuse(where, "is outside the bundle's time")
        before = change.t


def check_spans(spans: list[Span]) -> None:
    """Check that a record's times of existence follow one another.

    Raises:
        BundleDamaged: If they do not; the text starts with the field.
    """
    for place, (since, until) in enumerate(spans):
        where = f"$.spans[{place}]"
        if since is not None and until is not None and since >= until:
            _refuse(where, "ends before it begins")
        if place == 0:
            continue
        before = spans[place - 1][1]
        if before is None or since is None or since <= before:
            _refuse(where, "does not begin after the one before it ends")


def _check_counter(track: Track, name: str, counter: Counter) -> None:
    where = f"$.counters.{name}"
    if name not in track.doc:
        _refuse(where, "has no place in the document")
    if bool(counter.of) == bool(counter.pieces):
        _refuse(where, "must have either pieces or the field it is made of")
    if counter.times < 0 or counter.per < 1:
        _refuse(where, "must have times of at least 0 and per of at least 1")
    _check_pieces(where, counter.pieces)
    if counter.of and counter.of not in track.counters and type(track.doc.get(counter.of)) is not int:
        _refuse(where, f"is made of {counter.of!a}, which is not a number")
    seen = {name}
    while counter.of in track.counters:
        if counter.of in seen:
            _refuse(where, "is made of itself")
        seen.add(counter.of)
        counter = track.counters[counter.of]


def _check_pieces(where: str, pieces: list[Piece]) -> None:
    for place, (start, _, per_hour) in enumerate(pieces):
        if place and start <= pieces[place - 1][0]:
            _refuse(f"{where}.pieces[{place}]", "does not start after the one before it")
        if per_hour < 0:
            _refuse(f"{where}.pieces[{place}]", "falls; a counter never does")


def _check_list(track: Track, name: str, items: list[Item]) -> None:
    if name not in track.doc:
        _refuse(f"$.lists.{name}", "has no place in the document")
    for place, item in enumerate(items):
        if item.since is not None and item.until is not None and item.since >= item.until:
            _refuse(f"$.lists.{name}[{place}]", "ends before it begins")
