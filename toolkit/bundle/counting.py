"""What a track counts: at every instant of the bundle a whole number from 0 to 2**63 - 1, and a counter never falls."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from toolkit.bundle.words import refuse, under
from toolkit.model.instants import EARLIEST, LATEST
from toolkit.tracks.columns import Deltas, number_of
from toolkit.tracks.paths import name_of, path_of
from toolkit.tracks.runs import read_runs
from toolkit.tracks.track import line_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from toolkit.tracks.track import Counter, Item, Piece, Track

LARGEST: Final = 2**63 - 1
LONGEST_CHAIN: Final = 16
"""A counter may be made of another one, that of a third, and so on, but no further."""


def check_counts(track: Track, first: int, last: int) -> None:
    """Check that no list is ever longer than the number it is taken from.

    Raises:
        BundleDamaged: If one is; the text starts with the field.
    """
    longest = {name: _longest(items, first, last) for name, items in track.lists.items()}
    for name, (base, of) in track.counts.items():
        where = under("$.counts", name)
        if of not in track.lists:
            refuse(where, f"counts {of!a}, which is not one of the track's lists")
        if name not in track.doc:
            refuse(where, "has no place in the document")
        if base < longest[of]:
            refuse(where, f"is {base}, but the list has up to {longest[of]} entries")


def check_counters(track: Track, last: int, instants: Sequence[int], *, may_fall: bool) -> None:
    """Check a track's counters; its counts have been checked.

    Args:
        track: The track.
        last: The bundle's last instant.
        instants: The frames' instants, if it is a recording's.
        may_fall: Whether a new piece may start below the one before it, as totals that begin anew do.

    Raises:
        BundleDamaged: If one is wrong; the text starts with the field.
    """
    for name, counter in track.counters.items():
        where = under("$.counters", name)
        if name not in track.doc and (counter.of or not has_place(track, path_of(name)[0])):
            refuse(where, "has no place in the document")
        if bool(counter.of) + bool(counter.pieces) + (counter.deltas is not UNSET) != 1:
            refuse(where, "must have either pieces, or deltas, or the field it is made of")
        if counter.times < 0 or counter.per < 1:
            refuse(where, "must have times of at least 0 and per of at least 1")
        if name != name_of(path_of(name)):
            refuse(where, f"names {name_of(path_of(name))!a} another way")
        _check_pieces(where, counter.pieces, may_fall=may_fall)
    deltas = {name: _deltas(track, name, instants) for name, c in track.counters.items() if c.deltas is not UNSET}
    highest = _highest(track, last, deltas)
    for name in track.counters:
        _check_highest(track, name, highest)


def has_place(track: Track, field: str) -> bool:
    """Tell whether a track's document ever has a field."""
    return any(field in values for _, values in _values(track))


def _deltas(track: Track, name: str, instants: Sequence[int]) -> Deltas:
    """Check a counter's deltas: a recording's frames, and numbers of 64 bit."""
    where, counter = under("$.counters", name), track.counters[name]
    frame = bisect_left(instants, counter.since)
    if frame == len(instants) or instants[frame] != counter.since:
        refuse(f"{where}.since", "is not the instant of a frame")
    try:
        runs = read_runs(counter.deltas or "")
    except ValueError as error:
        refuse(f"{where}.deltas", str(error))
    left = len(instants) - frame - 1
    if sum(runs.counts) > left:
        refuse(f"{where}.deltas", f"are for more than the {left:,} frames after them")
    if isinstance(counter.value, str) and number_of(counter.value) is None:
        refuse(f"{where}.value", f"{counter.value[:40]!a} is not a date such as 2026-01-01T00:00:00.000Z")
    least, most = (EARLIEST, LATEST) if isinstance(counter.value, str) else (-LARGEST - 1, LARGEST)
    deltas = Deltas(counter, instants, runs)
    if not (least <= min(deltas.values) and max(deltas.values) <= most):
        refuse(f"{where}.deltas", f"lead to a value beyond {least} to {most}, which cannot be served")
    return deltas


def _longest(items: list[Item], first: int, last: int) -> int:
    """Give the largest number of entries that a list ever has at once."""
    steps = []
    for item in items:
        since = first if item.since is None else max(first, item.since)
        until = last + 1 if item.until is None else item.until
        if since < until and since <= last:
            steps += [(since, 1), (until, -1)]
    return max(accumulate(step for _, step in sorted(steps)), default=0)


def _check_pieces(where: str, pieces: list[Piece], *, may_fall: bool) -> None:
    for place, (_, value, per_hour) in enumerate(pieces):
        if value < 0:
            refuse(f"{where}.pieces[{place}]", "is below 0")
        if per_hour < 0:
            refuse(f"{where}.pieces[{place}]", "falls, a counter never does")
    for place, (before, piece) in enumerate(pairwise(pieces), 1):
        if piece[0] <= before[0]:
            refuse(f"{where}.pieces[{place}]", "does not start after the one before it")
        if piece[1] < line_at(before, piece[0]) and not may_fall:
            refuse(f"{where}.pieces[{place}]", "starts below the one before it, a counter never falls")


def _highest(track: Track, last: int, deltas: Mapping[str, Deltas]) -> dict[str, int]:
    """Give the highest values of what counters are made of in the end: pieces, counts, and fields of the document."""
    highest = {name: base for name, (base, _) in track.counts.items()}
    for name, counter in track.counters.items():
        if counter.pieces:
            ends = [piece[0] for piece in counter.pieces[1:]] + [last]
            tops = [line_at(p, min(end, last)) for p, end in zip(counter.pieces, ends, strict=True) if p[0] <= last]
            highest[name] = max(tops, default=counter.pieces[0][1])
    made_of = {counter.of: name for name, counter in track.counters.items() if counter.of}
    for name, moving in deltas.items():
        if name in made_of and (moving.dates or min(moving.values) < 0):
            why = f"is made of {name!a}, which is not always a number of at least 0"
            refuse(under("$.counters", made_of[name]), why)
        highest[name] = max(moving.values)
    plain = made_of.keys() - track.counters.keys() - track.counts.keys()
    for field in sorted(plain.difference(track.doc)):
        refuse(under("$.counters", made_of[field]), f"is made of {field!a}, which is not in the document")
    for field in sorted(plain.intersection(track.lists)):
        refuse(under("$.counters", made_of[field]), f"is made of {field!a}, which is a list")
    for where, values in _values(track):
        for field in values.keys() & plain:
            value = values[field]
            if type(value) is not int or value < 0:
                why = f"is made of {field!a}, which is not a number of at least 0 in {where}"
                refuse(under("$.counters", made_of[field]), why)
            highest[field] = max(value, highest.get(field, 0))
    return highest


def _values(track: Track) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give all that a document's fields are ever set to, and where."""
    yield "$.doc", track.doc
    for place, change in enumerate(track.changes):
        if change.doc is not UNSET:
            yield f"$.changes[{place}].doc", change.doc
        yield f"$.changes[{place}].set", change.set


def _check_highest(track: Track, name: str, highest: dict[str, int]) -> None:
    """Check how high a counter gets; all that it is made of never fall below 0, so the highest makes the highest."""
    where = under("$.counters", name)
    chain: list[Counter] = []
    source = name
    while source in track.counters and track.counters[source].of:
        chain.append(track.counters[source])
        source = chain[-1].of
        if source == name:
            refuse(where, "is made of itself")
        if len(chain) > LONGEST_CHAIN:
            refuse(where, f"is made of more than {LONGEST_CHAIN} others, one of the other")
    value = highest[source]
    for counter in reversed(chain):
        value = value * counter.times // counter.per
    if value > LARGEST:
        refuse(where, f"gets to {value}, more than {LARGEST} cannot be served")
