"""What a search leaves out unseen in a large world, or in a bundle, is never what it would have found."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commanding import KINDS, Client
from toolkit.answers.answer import Cluster, Request, Response, answer, begin, finish
from toolkit.answers.exchange import json_response
from toolkit.answers.parameters import numbers_of, parse_query
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.model.instants import DAY, HOUR, MINUTE, format_instant
from toolkit.model.wire import Literal, pretty
from toolkit.query.mapping import EXECUTIONS, JOBS
from toolkit.timeline.view import NEVER
from toolkit.timeline.wanted import Either, Lead
from toolkit.tracks import finding
from toolkit.tracks.kinds import KINDS as BUNDLED
from toolkit.tracks.outline import MemoryTracks
from toolkit.tracks.placing import Explicit
from toolkit.tracks.shelf import Shelf
from toolkit.tracks.shift import Shifted
from toolkit.tracks.timeline import TrackTimeline, TrackView
from toolkit.tracks.track import Change, Track
from toolkit.world import order, rows, traits
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.view import WorldView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.timeline.view import Held, Record

EPOCH = 1_767_225_600_000
SCENARIOS = {
    "default": Scenario(seed=7, jobs=60, epoch=EPOCH),
    "failing": Scenario(seed=3, jobs=9, epoch=EPOCH, failures_share=0.9, failing_share=0.3, recovering_share=0.3),
    "idle": Scenario(seed=2, jobs=1, epoch=EPOCH, history_most=0),
    "nobody": Scenario(seed=2, jobs=0, epoch=EPOCH),
}
INSTANTS = (0, 1, 5_000, MINUTE, 10 * MINUTE, 3 * HOUR, 2 * DAY)


@pytest.fixture(autouse=True)
def _columns_of_any_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small worlds and bundles keep columns too, in pieces."""
    monkeypatch.setattr(order, "COLUMNS_FROM", 0)
    monkeypatch.setattr(traits, "CHUNK", 7)
    monkeypatch.setattr(finding, "LARGE", 0)
    monkeypatch.setattr(finding, "STEP", 7)


@cache
def live(name: str, commands: int) -> Cluster:
    """Make a cluster, and let a client act in it."""
    log = MemoryLog(1)
    timeline = LiveTimeline(SCENARIOS[name], log)
    client = Client(timeline, log, commands)
    for step in range(commands):
        client.act(EPOCH + (step + 1) * 7 * MINUTE, [kind for kind in KINDS if kind != "refresh"])
    return Cluster(timeline, log, "live")


@cache
def replayed() -> Cluster:
    """Make a bundle of what a world showed: some of it comes, changes, and is deleted; in frames, with an order."""
    view = live("default", 8).timeline.at(EPOCH + HOUR)
    tracks = {}
    for name, fetch in (("jobs", view.jobs), ("executions", view.executions)):
        made = []
        for place, record in enumerate(fetch(0, 90).value):
            key = str(record.fields["job_id" if name == "jobs" else "ex_id"])
            moved = {"_updated": format_instant(EPOCH + HOUR - place), "_deleted": place % 8 == 0}
            made.append(
                Track(
                    id=key,
                    doc=record.fields,
                    spans=[(EPOCH + place * MINUTE, None)] if place % 3 == 0 else [],
                    changes=[Change(t=EPOCH + HOUR, set=moved)] if place % 4 == 0 else [],
                )
            )
        tracks[name] = sorted(made, key=lambda track: track.id)
    # From some instant on, one that sorts elsewhere stands first.
    placed = Explicit(EPOCH + 2 * HOUR, [(tracks["executions"][-2].id, None)], [])
    return Cluster(TrackTimeline(tracks, EPOCH, NEVER, {"executions": [placed]}), None, "replay")


@cache
def documents(cluster: Cluster, path: str, t: int) -> list[dict[str, Any]]:
    """Give what a list shows."""
    listed: list[dict[str, Any]] = json.loads(answer(cluster, t, Request("GET", f"{path}?size=10000")).body)
    return listed


ODD: tuple[dict[str, Any], ...] = (
    {"workers": "3", "name": None, "_created": "yesterday"},
    {"workers": True, "name": ["alerts-7", "zebra"], "_created": 5},
    {"workers": 2.5, "name": 7, "_created": "2026-01-01"},
    {"workers": [9, 1], "name": "", "_created": "2026-01-01T00:00:00+01:00"},
    {"workers": "nan", "name": Literal('"\\ud800"'), "_status": "RUNNING"},
    {"workers": Literal("12345678901234567890"), "name": {"a": "b"}, "_status": None},
    {"workers": 1, "name": "1", "_context": True, "_failureReason": 1},
    {"workers": None, "name": "alerts alerts", "_failureReason": True},
)
"""What a recorded cluster may have instead; the last two look alike to Python."""


@cache
def odd() -> dict[str, list[Track]]:
    """Make tracks that stand still, of documents of which each field is something else."""
    view = live("default", 0).timeline.at(EPOCH)
    tracks = {}
    for name, fetch in (("jobs", view.jobs), ("executions", view.executions)):
        made = [
            Track(
                str(record.fields["job_id" if name == "jobs" else "ex_id"]),
                {field: value for field, value in record.fields.items() if place % 5 or field not in ODD[place % 8]}
                | (ODD[place % 8] if place % 5 else {}),
                # Its place never changes, what it says does.
                changes=[Change(EPOCH + HOUR, set={"workers": 77, "_status": "running"})] if place % 9 == 0 else [],
            )
            for place, record in enumerate(fetch(0, 90).value)
        ]
        tracks[name] = sorted(made, key=lambda track: track.id)
    return tracks


@cache
def standing(name: str) -> Cluster:
    """Make a bundle whose records stand still: in memory, in a file, or moved to another date."""
    last = EPOCH + 3 * DAY
    if name == "file":
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "x"
            write_bundle(target, odd(), first=EPOCH, last=last, origin={"kind": "recorded"})
            # It reads on from the open files.
            return Cluster(read_bundle(target).timeline, None, "replay")
    tracks: dict[str, Any] = odd()
    if name == "shifted":
        tracks = {of: Shifted(BUNDLED[of], MemoryTracks(BUNDLED[of], held), MINUTE) for of, held in tracks.items()}
    return Cluster(TrackTimeline(tracks, EPOCH, last), None, "replay")


def _clause(field: str, value: Any, way: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    plain = re.sub(r'([+\-!():^\[\]"{}~*?\\/ ])', r"\\\1", text) or '""'
    half = plain[: len(plain) // 2].rstrip("\\")
    ways = (
        f'{field}:"{text.replace(chr(34), "")}"',
        f"{field}:{plain}",
        f"{field}:{half}*",
        f"{field}:*{plain[-3:].lstrip(chr(92))}",
        f"{field}:{half}?*",
        f"{field}:{plain}~1",
        f'{field}:["{text.replace(chr(34), "")}" TO *]',
        f'{field}:{{* TO "{text.replace(chr(34), "")}"}}',
        f"_exists_:{field}",
        f"{field}:*",
        plain,
        f'"{text.replace(chr(34), "")}"',
        f"NOT {field}:{plain}",
        f"{field}:>now-1d",
        f"{field}:({plain} OR nope)",
    )
    return ways[way % len(ways)]


@st.composite
def filters(draw: st.DrawFn, listed: list[dict[str, Any]], fields: list[str]) -> str:
    """Make a filter of what is in a list."""
    clauses = []
    for _ in range(draw(st.integers(1, 4))):
        field = draw(st.sampled_from(fields))
        held = draw(st.sampled_from(listed)).get(field, "nope") if listed else "nope"
        value = held[0] if isinstance(held, list) and held else "nope" if isinstance(held, list | dict) else held
        clauses.append("(" + _clause(field, value, draw(st.integers(0, 14))) + ")")
    text = clauses[0]
    for clause in clauses[1:]:
        text = f"({text}) {draw(st.sampled_from(['AND', 'OR', 'AND NOT', '']))} {clause}"
    return text


FIELDS = {
    "/v1/ex": [*EXECUTIONS, *["ex_id", "job_id", "_status", "name", "_updated", "_created", "workers"] * 3, "bogus"],
    "/v1/jobs": [*JOBS, *["job_id", "name", "_updated", "_created", "workers"] * 3, "bogus"],
}
FIELDS["/txt/ex"] = FIELDS["/v1/ex"]
SORTS = ("", "", "_created:asc", "_created:desc", "_updated:asc", "ex_id:asc", "_created:desc,job_id:desc", "workers")
ANY_SORT = (
    "workers:asc",
    "workers:desc",
    "name:desc",
    "_status:asc",
    "_context:desc",
    "_failureReason:asc,workers:asc",
)


def both_ways(cluster: Cluster, t: int, target: str) -> tuple[Response, Response]:
    """Ask with what is left out, and with nothing left out."""

    def everything(*_: object) -> Iterator[None]:
        yield

    narrow = answer(cluster, t, Request("GET", target))
    with pytest.MonkeyPatch.context() as patched:
        for view in (WorldView, TrackView):
            for name in ("jobs_like", "executions_like"):
                patched.setattr(view, name, everything)
        whole = answer(cluster, t, Request("GET", target))
    return narrow, whole


@settings(max_examples=150, deadline=None)
@given(data=st.data(), path=st.sampled_from(sorted(FIELDS)), start=st.integers(0, 3), size=st.integers(0, 40))
@pytest.mark.parametrize("name", [*sorted(SCENARIOS), "client", "replay", "odd", "file", "shifted"])
def test_nothing_is_left_out_that_is_found(name: str, data: st.DataObject, path: str, start: int, size: int) -> None:
    """Whatever is asked, the answer is that of looking at every record: same bytes, held as long."""
    if name == "replay":
        cluster = replayed()
    elif name in {"odd", "file", "shifted"}:
        cluster = standing(name)
    else:
        cluster = live("default" if name == "client" else name, 12 if name == "client" else 0)
    t = EPOCH + data.draw(st.sampled_from(INSTANTS))
    text = data.draw(filters(documents(cluster, path.replace("/txt", "/v1"), t), FIELDS[path]))
    sort = data.draw(st.sampled_from([*SORTS, *ANY_SORT]))
    more = data.draw(
        st.sampled_from(["", "&status=running,failed", "&status=terminated", "&active=true", "&deleted=true"])
    )
    asked = f"&filter={quote(text, errors='replace')}" if data.draw(st.integers(0, 4)) else ""
    narrow, whole = both_ways(cluster, t, f"{path}?from={start}&size={size}&sort={sort}{more}{asked}")
    assert narrow == whole


NUMBERS = [
    f"name:{text}" for text in ("7", "*7", "1?", "1*", "0*", "07", "61", "?", "*", "12~1", "alerts*", "*-1", "1" * 30)
]
IDS = [f"ex_id:{text}" for text in ("?*", "z*", "0*", "4?*", "00000000-0*", "000000000*", "A*", "*a", "*")]
OTHERS = [
    "_failureReason:terminated", "_failureReason:slice", "_failureReason:1", '_failureReason:"1 slice"',
    "_failureReason:fail*", "_failureReason:a*", "_failureReason:zebra*", "_failureReason:slise~1", "_failureReason:*",
    "slicer_port:>46000", "slicer_hostname:t*", "_exists_:recovered_execution", "recovered_execution:*", "assets:*",
    "running", "slicers:1", "log_level:*", "_updated:*", "workers:>100", "lifecycle:once", "active:false", "zebra",
    "ingest 7", '"alerts 7"', "_has_errors:true", "_context:job", "_context:ex", "job_id:a*",
]  # fmt: skip


@pytest.mark.parametrize("name", ["default", "failing", "client", "replay"])
def test_fields_that_are_told_of_in_their_own_way(name: str) -> None:
    """Numbers in names, beginnings of ids, reasons of failures and fields without a column find what they found."""
    cluster = replayed() if name == "replay" else live("default" if name == "client" else name, 12 * (name == "client"))
    for text in (*NUMBERS, *IDS, *OTHERS):
        for path in ("/v1/ex", "/v1/jobs"):
            narrow, whole = both_ways(cluster, EPOCH + HOUR, f"{path}?size=300&filter={quote(text)}")
            assert narrow == whole, text
    shown = documents(live("default", 0), "/v1/jobs", EPOCH)
    numbers = {one["job_id"]: one["name"].rpartition("-")[2] for one in shown}
    some = json.loads(answer(live("default", 0), EPOCH, Request("GET", "/v1/jobs?filter=name:7")).body)
    assert [one["job_id"] for one in some] == [job_id for job_id, number in numbers.items() if number == "7"]


def _asked(cluster: Cluster, target: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count the documents that are made for an answer."""
    made: list[int] = []
    world = cluster.timeline.at(EPOCH)._world  # type: ignore[attr-defined]
    original = world.execution_record
    monkeypatch.setattr(world, "execution_record", lambda *one: made.append(1) or original(*one))
    assert answer(cluster, EPOCH, Request("GET", target)).status == 200
    return len(made)


@pytest.mark.parametrize(
    ("target", "most"),
    [
        ("filter=ex_id:{ex_id}", 1),
        ("filter=ex_id:{ex_id} OR ex_id:nope OR ex_id:{other}", 2),
        ("filter=ex_id:{start}*", 1),
        ("filter=job_id:{job_id}", 5),
        ('filter=name:"{name}"', 5),
        ("filter=name:{number}", 5),
        ('filter=_updated:"{_updated}"', 1),
        ('filter=_created:["{_created}" TO "{_created}"] AND name:*', 1),
        ("filter=_context:job", 0),
        ("filter=name:zebra*", 0),
        ("filter=ex_id:{ex_id} AND NOT name:*", 1),
        ("status=rejected&filter=_status:running", 0),
        ("sort=_created:desc&size=3", 40),
    ],
)
def test_what_cannot_match_is_not_made(target: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search looks at about as many documents as it finds; an order by date, at the first of each kind."""
    cluster = live("default", 0)
    listed = documents(cluster, "/v1/ex", EPOCH)
    one = listed[50]
    text = target.format(
        **one, other=listed[-1]["ex_id"], start=one["ex_id"][:9], number=one["name"].rpartition("-")[2]
    )
    assert _asked(cluster, "/v1/ex?" + quote(text, safe="=&"), monkeypatch) <= most


@pytest.mark.parametrize(
    ("target", "more"),
    [
        ("filter=_status:running", 0),
        ("filter=name:zebra*", 0),
        ("filter=_failureReason:slice AND _status:failed AND name:* AND workers:>0", 0),
        ("status=rejected", 0),
        ("sort=_created:desc&size=3", 0),
        ("sort=job_id&size=3", 2),
        ("sort=ex_id:desc&size=3", 0),
        # More fields than columns are worth it for.
        ("filter=name:x OR workers:900 OR _status:x OR _failureReason:x OR lifecycle:x", 90),
    ],
)
def test_what_cannot_match_is_not_read(target: str, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of a bundle reads about as many records as it finds."""
    executions = live("default", 0).timeline.at(EPOCH).executions(0, 90).value
    tracks = {"executions": [Track(str(one.fields["ex_id"]), one.fields) for one in executions]}
    cluster = Cluster(TrackTimeline(tracks, EPOCH, NEVER), None, "replay")
    read: list[int] = []
    original = Shelf.all_at

    def noting(self: Shelf, positions: Held[list[int]], t: int) -> Held[list[tuple[int, Record]]]:
        read.extend(positions.value)
        return original(self, positions, t)

    monkeypatch.setattr(Shelf, "all_at", noting)
    for t in (EPOCH, EPOCH + 1):
        read.clear()
        found = json.loads(answer(cluster, t, Request("GET", "/v1/ex?" + quote(target, safe="=&"))).body)
        assert len(read) <= len(found) + more
    monkeypatch.setattr(finding, "LARGE", len(executions) + 1)
    assert finish(cluster.timeline.at(EPOCH).executions_like(None, Lead("name", down=False, most=1, ranks=str))) is None


@pytest.mark.parametrize(
    ("target", "ids"),
    [
        ("filter=ex_id:e4 OR _status:running", ["e1", "e4"]),
        ("filter=job_id:j2 OR _status:running", ["e1", "e2"]),
        ("filter=job_id:nope OR _status:running", ["e1"]),
        # A number and its text are equal: the one of lower id comes first, whichever is read first.
        ("sort=workers&size=3", ["e4", "e1", "e2"]),
        ("sort=workers:desc&size=2", ["e3", "e1"]),
    ],
)
def test_ids_and_columns_together(target: str, ids: list[str]) -> None:
    """A clause for an id beside one for another field, and values that are equal as numbers."""
    fields = [("j1", 3, "running"), ("j2", "3", "failed"), ("j3", "20", "failed"), ("j4", 1, "failed")]
    tracks = [
        Track(f"e{number}", {"ex_id": f"e{number}", "job_id": job_id, "workers": workers, "_status": status})
        for number, (job_id, workers, status) in enumerate(fields, 1)
    ]
    cluster = Cluster(TrackTimeline({"executions": tracks}, EPOCH, NEVER), None, "replay")
    narrow, whole = both_ways(cluster, EPOCH, "/v1/ex?" + quote(target, safe="=&"))

    assert narrow == whole
    assert [one["ex_id"] for one in json.loads(narrow.body)] == ids


def test_every_field_is_told_of() -> None:
    """A field of a document that can be searched has a column, is the same in all, or is told of in its own way."""
    own = {"ex_id", "_status", "_has_errors", "_failureReason", "_created", "_updated", "recovered_execution"}
    own |= {"slicer_port", "slicer_hostname", *rows.OF_JOBS}
    for name in SCENARIOS:
        for t in INSTANTS:
            for one in documents(live(name, 0), "/v1/ex", EPOCH + t):
                fields = {field for field in one if field in EXECUTIONS and one[field] is not None}
                assert {field: one[field] for field in fields - own} == rows.ALIKE


def test_a_search_for_anything_looks_at_the_whole_list() -> None:
    """Where nothing is wanted, nothing is left out; small worlds keep no columns."""
    for cluster in (live("default", 0), live("default", 12), replayed()):
        view = cluster.timeline.at(EPOCH + HOUR)
        assert finish(view.jobs_like(None, None)) is None
        assert finish(view.executions_like(None, None)) is None


def test_small_worlds_keep_no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are looked through without numpy, with the same answer."""
    cluster = live("default", 0)
    target = "/v1/ex?filter=_status:running"
    large = answer(cluster, EPOCH, Request("GET", target))
    monkeypatch.setattr(order, "COLUMNS_FROM", 20_000)
    assert finish(cluster.timeline.at(EPOCH).executions_like(Either(()), None)) is None
    assert finish(cluster.timeline.at(EPOCH).jobs_like(Either(()), None)) is None
    assert answer(cluster, EPOCH, Request("GET", target)) == large


@pytest.mark.parametrize("target", ["/v1/ex?size=400", "/v1/jobs?size=9000&from=300", "/v1/ex?size=9000&sort=ex_id"])
def test_a_long_page_comes_in_steps(target: str) -> None:
    """Its records are fetched and written, its bytes digested in pieces, and it is the one made at once."""
    cluster = Cluster(LiveTimeline(Scenario(seed=1, jobs=900, epoch=EPOCH), MemoryLog()), None, "live")
    begun = begin(cluster, EPOCH, Request("GET", target))
    assert not isinstance(begun, Response)
    steps = 0
    try:
        while True:
            next(begun)
            steps += 1
    except StopIteration as end:
        made = end.value
    query = parse_query(target.partition("?")[2])
    page = numbers_of(query)
    view = cluster.timeline.at(EPOCH)
    fetch = view.jobs if "jobs" in target else view.executions
    listed = fetch(0, 10_000).value
    if "sort" in target:
        listed.sort(key=lambda record: str(record.fields["ex_id"]))
    assert made.body == pretty([record.fields for record in listed[page.start : page.start + page.size]])
    assert made == json_response(200, made.body, made.until)
    assert steps >= len(listed[page.start : page.start + page.size]) // 50
