"""What a search leaves out unseen in a large world, or in a bundle, is never what it would have found."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commanding import KINDS, Client
from toolkit.answers.answer import Cluster, Request, Response, answer
from toolkit.model.instants import DAY, HOUR, MINUTE, format_instant
from toolkit.query.mapping import EXECUTIONS, JOBS
from toolkit.timeline.view import NEVER
from toolkit.tracks.placing import Explicit
from toolkit.tracks.timeline import TrackTimeline, TrackView
from toolkit.tracks.track import Change, Track
from toolkit.world import order, traits
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.view import WorldView

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Small worlds keep columns too, in pieces."""
    monkeypatch.setattr(order, "COLUMNS_FROM", 0)
    monkeypatch.setattr(traits, "CHUNK", 7)


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
@pytest.mark.parametrize("name", [*sorted(SCENARIOS), "client", "replay"])
def test_nothing_is_left_out_that_is_found(name: str, data: st.DataObject, path: str, start: int, size: int) -> None:
    """Whatever is asked, the answer is that of looking at every record: same bytes, held as long."""
    if name == "replay":
        cluster = replayed()
    else:
        cluster = live("default" if name == "client" else name, 12 if name == "client" else 0)
    t = EPOCH + data.draw(st.sampled_from(INSTANTS))
    text = data.draw(filters(documents(cluster, path.replace("/txt", "/v1"), t), FIELDS[path]))
    sort = data.draw(st.sampled_from(SORTS))
    more = data.draw(
        st.sampled_from(["", "&status=running,failed", "&status=terminated", "&active=true", "&deleted=true"])
    )
    asked = f"&filter={quote(text)}" if data.draw(st.integers(0, 4)) else ""
    narrow, whole = both_ways(cluster, t, f"{path}?from={start}&size={size}&sort={sort}{more}{asked}")
    assert narrow == whole
