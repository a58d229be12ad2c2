"""Tracks moved in time: what moves with them, and what stays."""

from __future__ import annotations

import copy
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InstantError
from toolkit.model import records
from toolkit.model.instants import DAY, EARLIEST, LATEST, MINUTE, format_instant, format_shift
from toolkit.model.wire import Literal
from toolkit.query import mapping
from toolkit.tracks.frames import Frames, Gap
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.outline import MemoryTracks, outline
from toolkit.tracks.placing import Explicit
from toolkit.tracks.shift import DATES, Shifted, check_shift, shifted, shifted_frames, shifted_orders
from toolkit.tracks.track import Change, Counter, Item, Track

EPOCH = 1_767_225_600_000
INSTANTS = [EPOCH, EPOCH + 1_000, EPOCH + 2_000]


def date(n: int) -> str:
    """So many milliseconds after the epoch, as Teraslice writes it."""
    return format_instant(EPOCH + n)


def everything(ms: int) -> Track:
    """An execution with all that a track can have, so much later."""
    return Track(
        "e1",
        {
            "_created": date(ms),
            "_updated": date(ms + 5),
            "_slicer_stats": {"processed": 1, "started": date(ms + 7), "_created": date(0)},
            "metadata": {"_created": date(0), "at": EPOCH},
            "operations": [{"_op": "reader", "start": date(0), "started": date(0)}],
            "started": date(0),
            "workers": [],
        },
        changes=[
            Change(EPOCH + 10 + ms, set={"_updated": date(ms + 10), "note": date(0)}, unset=["started"]),
            Change(EPOCH + 20 + ms, doc={"_deleted_on": date(ms + 20), "_slicer_stats": None}),
        ],
        counters={
            "processed": Counter(pieces=[(EPOCH + ms, 5, 3_600), (EPOCH + 9 + ms, 7, 0)]),
            "failed": Counter(of="processed", per=3),
            "queued": Counter(deltas="1 2", since=EPOCH + ms, value=4),
            "_updated": Counter(deltas="1 2", since=EPOCH + ms, value=date(ms + 5)),
            "/_slicer_stats/started": Counter(deltas="", since=EPOCH + 1_000 + ms, value=date(ms + 7)),
            "/metadata/at": Counter(deltas="1", since=EPOCH + ms, value=date(0)),
        },
        lists={"workers": [Item({"started": date(0)}, EPOCH + 1 + ms, EPOCH + 2 + ms), Item({})]},
        counts={"free": (8, "workers")},
        spans=[(None, EPOCH + 3 + ms), (EPOCH + 4 + ms, None)],
    )


@pytest.mark.parametrize("ms", [0, 1, -1, 400 * DAY + 1, -60 * 365 * DAY])
def test_instants_and_known_dates_move_and_nothing_else(ms: int) -> None:
    """Spans, changes, pieces, entries and the dates that Teraslice writes move; what users wrote stays."""
    before = everything(0)
    kept = copy.deepcopy(before)

    assert shifted(KINDS["executions"], before, ms) == everything(ms)
    assert before == kept


@pytest.mark.parametrize("ms", [0, 1, -1, 400 * DAY + 1, -60 * 365 * DAY])
def test_dates_in_what_a_failed_slice_asks_for_move_with_its_record(ms: int) -> None:
    """A value that is a date is moved where it stands; every other letter of the text stays, and so do other texts."""

    def record(by: int) -> dict[str, Any]:
        stays = date(0)
        text = f'{{ "start":"{date(by)}", "of": ["{date(by + 9)}"],"{stays}" : 1,"q":"from {stays} on \\"{stays}\\""}}'
        return {"_created": date(by), "request": text, "error": f'TSError: "{stays}"', "retry_count": 3}

    track = Track(
        "s1", record(0), changes=[Change(EPOCH, set={"request": f'"{date(3)}"'}), Change(EPOCH, doc=record(1))]
    )
    moved = shifted(KINDS["errors"], track, ms)

    assert moved.doc == record(ms)
    assert [change.set for change in moved.changes] == [{"request": f'"{date(ms + 3)}"'}, {}]
    assert moved.changes[1].doc == record(ms + 1)
    assert shifted(KINDS["executions"], track, ms).doc == track.doc | {"_created": date(ms)}


@pytest.mark.parametrize(
    "request_text", [None, 5, {"start": date(0)}, Literal('"\\ud800"'), '{"start":"2026-02-30T00:00:00.000Z"}', "{", ""]
)
def test_what_a_slice_asks_for_stays_if_no_date_is_in_it(request_text: Any) -> None:
    """Whatever stands where the text should, it stays as it is."""
    assert shifted(KINDS["errors"], Track("s", {"request": request_text}), 5).doc == {"request": request_text}


def test_a_date_in_a_slice_that_cannot_be_moved_is_named() -> None:
    """The text of the error starts with the field."""
    track = Track("s", {"request": f'{{"start":"{date(0)}"}}'})
    with pytest.raises(InstantError, match=r"^request: 2026-01-01T00:00:00\.000Z moved by"):
        check_shift(KINDS["errors"], track, LATEST - EPOCH + 1)


@pytest.mark.parametrize("ms", [0, 1, -1, 400 * DAY + 1])
def test_an_outline_moves_but_for_what_its_order_depends_on(ms: int) -> None:
    """A moved source's outlines have the same values from moved instants on."""
    kind = KINDS["executions"]
    plain = MemoryTracks(kind, [everything(0), Track("e2", {"_updated": date(0)})], INSTANTS)
    moving, still = Shifted(kind, plain, ms).outlines()
    expected = outline(kind, everything(0), INSTANTS)

    assert still == outline(kind, Track("e2", {"_updated": date(0)}))
    assert [t - ms for t, _ in moving.steps[1:]] == [t for t, _ in expected.steps[1:]]
    assert moving.steps[0] == expected.steps[0]
    assert [values for _, values in moving.steps] == [values for _, values in expected.steps]
    assert moving.spans == everything(ms).spans
    assert Shifted(kind, plain, ms)[0] == everything(ms)


@pytest.mark.parametrize(
    "value",
    [
        None, 5, EPOCH, True, [], {}, "yesterday", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000",
        "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000+00:00", "2026-02-30T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z", "2026-01-01t00:00:00.000z", " 2026-01-01T00:00:00.000Z", Literal("1.0"),
    ],
)  # fmt: skip
def test_what_is_no_date_of_teraslices_stays(value: Any) -> None:
    """Other forms of dates, numbers and whatever else stands where a date should stay as they are."""
    track = Track("e", {"_created": value, "_slicer_stats": value}, changes=[Change(1, set={"_updated": value})])
    moved = shifted(KINDS["executions"], track, 5)

    assert (moved.doc, moved.changes[0].set) == (track.doc, track.changes[0].set)


def test_every_date_that_a_record_has_is_known() -> None:
    """The table has each field that is typed as an instant, and each that the indices map as a date."""
    typed = {
        "jobs": records.Job,
        "executions": records.Execution,
        "controllers": records.Controller,
        "nodes": records.Node,
        "errors": records.ErrorRecord,
        "assets": records.Asset,
    }
    mapped = {
        "jobs": mapping.JOBS,
        "executions": mapping.EXECUTIONS,
        "errors": mapping.ERRORS,
        "assets": mapping.ASSETS,
    }
    assert DATES.keys() == KINDS.keys()
    for name, paths in DATES.items():
        fields = set(_instants(typed[name])) if name in typed else set()
        dates = {(field,) for field, kind in mapped.get(name, {}).items() if kind == mapping.Kind.DATE}

        assert set(paths) == fields | dates, name


def _instants(type_: Any, *inside: str) -> list[tuple[str, ...]]:
    found = []
    for field in msgspec.structs.fields(type_):
        if records.Instant in (field.type, *get_args(field.type)):
            found.append((*inside, field.encode_name))
        elif isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found += _instants(field.type, *inside, field.encode_name)
    return found


@given(t=st.integers(EARLIEST, LATEST), ms=st.integers(EARLIEST - LATEST, LATEST - EARLIEST))
def test_a_date_moves_to_the_millisecond_or_is_refused(t: int, ms: int) -> None:
    """Any date by any amount is that much later; beyond what can be written an error names the field."""
    track = Track("e", {"_slicer_stats": {"started": format_instant(t)}})
    if EARLIEST <= t + ms <= LATEST:
        moved = shifted(KINDS["executions"], track, ms)
        assert moved.doc == {"_slicer_stats": {"started": format_instant(t + ms)}}
    else:
        with pytest.raises(InstantError, match=r"^_slicer_stats\.started: .{24} moved by .* is beyond the years 1 to"):
            shifted(KINDS["executions"], track, ms)


def test_dates_that_move_by_themselves_are_checked_where_they_get_to() -> None:
    """A counter of dates may begin where it can be moved to and lead to where it cannot."""
    kind = KINDS["executions"]
    for deltas, ms in (("5 -5", LATEST - EPOCH - 4), ("-5 5", EARLIEST - EPOCH + 4)):
        counter = Counter(deltas=deltas, since=INSTANTS[0], value=date(0))
        track = Track("e", {"_updated": date(0), "x": date(0)}, counters={"_updated": counter, "x": counter})

        check_shift(kind, track, ms + (1 if ms < 0 else -1), INSTANTS)
        with pytest.raises(InstantError, match=r"^_updated: .* moved by .* is beyond the years 1 to 9999$"):
            check_shift(kind, track, ms, INSTANTS)


def test_frames_and_orders_move() -> None:
    """A recording's frames, gaps and explicit orders move too; none stay none."""
    frames = Frames(INSTANTS, [1, 2, 3], [Gap("jobs", "500", EPOCH, EPOCH + 1_000, 2)])
    moved = shifted_frames(frames, -7)
    mark = Explicit(EPOCH, [("b", None)], ["c"])

    assert list(moved.instants) == [t - 7 for t in INSTANTS]
    assert moved.skews == frames.skews
    assert moved.gaps == [Gap("jobs", "500", EPOCH - 7, EPOCH + 993, 2)]
    assert not shifted_frames(Frames(), 5).instants
    assert shifted_orders({"jobs": [mark]}, 5) == {"jobs": [mark._replace(t=EPOCH + 5)]}


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "+0ms"), (5, "+5ms"), (-MINUTE, "-1m"), (DAY + 1, "+1d1ms"), (-DAY, "-1d")]
)
def test_a_shift_is_written_with_its_sign(ms: int, text: str) -> None:
    """Later is plus, earlier is minus."""
    assert format_shift(ms) == text
