"""Random documents, frames and tracks, with the traps that JSON holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from toolkit.model.instants import format_instant
from toolkit.model.wire import Document, Literal
from toolkit.tracks.fold import Frame
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from toolkit.timeline.view import Record
    from toolkit.tracks.timeline import TrackTimeline

EPOCH = 1_767_225_600_000
"""2026-01-01T00:00:00.000Z."""

SCALARS = st.sampled_from(
    [
        None, True, False, 0, 1, -7, 2**62, "", "text", "käse ☃ \U0001f600", 'quote " \\ \n',
        Literal("1.0"), Literal("1e5"), Literal("123456789012345678901234567890"), Literal('"\\ud800"'),
    ]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=5,
)
NUMBERS = (
    st.integers(-2, 12)
    | st.fixed_dictionaries({"i": st.integers(0, 9), "/j~": st.integers(-9, 9) | st.none()})
    | st.lists(st.fixed_dictionaries({"k": st.integers(0, 3)}), max_size=4)
)
"""What tends to become counters and lists of entries: numbers, deeper numbers, and lists of objects."""
DATES = st.integers(0, 3).map(lambda n: format_instant(EPOCH + n)) | st.sampled_from(
    [None, "yesterday", 5, "2026-02-30T00:00:00.000Z", "2026-01-01T24:00:00.000Z"]
)
NAMES = st.sampled_from(["alpha", "beta", "", None, 3])
STATUSES = st.sampled_from(["pending", "running", "stopping", None])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document whose keys come in any order."""
    fields: dict[str, Any] = {}
    for field, values in (("_updated", DATES), ("_created", DATES), ("name", NAMES), ("started", DATES)):
        if draw(st.booleans()):
            fields[field] = draw(values)
    fields |= draw(st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=3))
    fields |= draw(st.dictionaries(st.sampled_from(["n", "m"]), NUMBERS, max_size=2))
    fields["_status"] = draw(STATUSES)
    fields["ex_id"] = draw(st.sampled_from(["e1", "e2"]))
    return {key: fields[key] for key in draw(st.permutations(sorted(fields)))}


@st.composite
def recordings(draw: st.DrawFn) -> list[Frame]:
    """Frames in which records change, appear, vanish, come in any order and twice, with collections missing."""
    frames = []
    pool = draw(st.lists(documents(), min_size=1, max_size=4))
    t = EPOCH
    for _ in range(draw(st.integers(1, 9))):
        t += draw(st.integers(1, 3))
        collections = {
            name: [
                (str(doc.get(KINDS[name].id_field, record_id)), doc)
                for record_id, doc in draw(
                    st.lists(st.tuples(st.sampled_from(["r1", "r2", "r3", "r4"]), st.sampled_from(pool)), max_size=5)
                )
            ]
            for name in draw(st.lists(st.sampled_from(sorted(KINDS)), unique=True))
        }
        frames.append(Frame(t, draw(st.integers(0, 9)), collections, {}))
    return frames


def contents(timeline: TrackTimeline, name: str, t: int) -> list[Record]:
    """Everything a collection holds at an instant, in order."""
    view = timeline.at(t)
    if name == "jobs":
        return view.jobs(0, 100).value
    if name == "executions":
        return view.executions(0, 100).value
    if name == "controllers":
        return view.controllers().value
    if name == "nodes":
        return [record for _, record in view.nodes().value]
    if name == "errors":
        return [record for ex_id in ("e1", "e2") for record in view.errors(ex_id).value]
    found, _ = timeline.shelf(name).all_at(timeline.ordering(name).page(t, 0, 100), t)
    return [record for _, record in found]


MOVES = st.sampled_from([-1, 0, 0, 0, 1, 1, 5, 1_000, 2**33])


@st.composite
def moving_recordings(draw: st.DrawFn) -> list[Frame]:
    """Up to 40 frames of few records that mostly count: numbers and dates that move, at the top and deeper."""
    pauses = draw(st.lists(st.sampled_from([1, 1_000, 1_003, 5_000_000]), min_size=1, max_size=40))
    names = draw(st.lists(st.sampled_from(["r1", "r2", "r3"]), min_size=1, max_size=3, unique=True))
    state = {name: {"n": 0, "deep": 0, "date": EPOCH, "edge": 0} for name in names}
    frames = []
    t = EPOCH
    for pause in pauses:
        t += pause
        records = []
        for name in draw(st.permutations(names)):
            held = state[name]
            for field in held:
                held[field] += draw(MOVES)
            if draw(st.integers(0, 9)) == 0:
                continue
            doc: Document = {
                "ex_id": name,
                "_status": "running",
                "name": name,
                "_updated": format_instant(held["date"]),
                "n": held["n"],
                "stats": {"a/b~": held["deep"], "edge": 2**62 * (held["edge"] % 3 - 1), "still": 7},
                "workers": [{"w": held["deep"] // 2 + n} for n in range(3)],
            }
            if draw(st.integers(0, 9)) == 0:
                del doc[draw(st.sampled_from(["n", "stats", "workers"]))]
            records.append((name, doc))
        frames.append(Frame(t, draw(st.integers(0, 9)), {"executions": records, "controllers": records}, {}))
    return frames
