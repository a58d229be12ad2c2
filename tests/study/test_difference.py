"""How two sides differ: properties on random recordings and generated worlds."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study.applying import applied
from tests.study.worlds import generated, one_frame, recorded
from tests.tracks.strategies import contents
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.model.wire import Literal, dumps_sorted, loads
from toolkit.study.difference import Asked, compare
from toolkit.study.fields import FieldChange, Pattern
from toolkit.study.sides import Side
from toolkit.tracks.kinds import KINDS
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.study.difference import Difference
    from toolkit.tracks.timeline import TrackTimeline

EVERYTHING = Asked(all=True, limit=10**9)


def side(timeline: TrackTimeline, t: int | None = None, **more: Any) -> Side:
    """Look at a timeline at an instant, its last by default."""
    return Side("x", more.pop("kind", "generated"), timeline, timeline.last if t is None else t, **more)


def sides() -> st.SearchStrategy[Side]:
    """A random recording at a random instant, as if it were exact."""
    return recorded().flatmap(lambda made: st.integers(made.first, made.last).map(lambda t: side(made, t)))


def held(one: Side, name: str) -> dict[str, Document]:
    """Give a collection by id."""
    return dict(one.records(name, with_deleted=True))


def plain(difference: Difference) -> dict[str, tuple[list[str], list[str], list[tuple[str, list[FieldChange]]]]]:
    """Give what is told, without names and numbers."""
    return {
        name: (
            [one.id for one in part.told_added],
            [one.id for one in part.told_removed],
            [(one.id, one.fields) for one in part.told_changed],
        )
        for name, part in difference.parts.items()
    }


@given(sides())
def test_nothing_differs_from_itself(one: Side) -> None:
    """Not even in what always moves."""
    found = compare(one, one, EVERYTHING)
    assert not found.differs
    assert not found.hints
    assert list(found.parts) == list(KINDS)
    for name, part in found.parts.items():
        assert part.a == part.b == len(held(one, name))
        assert (part.moving, part.ignored, part.veiled) == (0, 0, 0)


@given(sides(), sides(), st.booleans(), st.integers(0, 3))
def test_swapped_sides_swap_what_is_told(a: Side, b: Side, everything: bool, limit: int) -> None:  # noqa: FBT001
    """Added with removed, before with after; the limit cuts alike."""
    asked = Asked(all=everything, limit=limit)
    forth, back = compare(a, b, asked), compare(b, a, asked)

    assert forth.differs == back.differs
    assert plain(back) == {
        name: (removed, added, [(key, [FieldChange(p, y, x) for p, x, y in fields]) for key, fields in changed])
        for name, (added, removed, changed) in plain(forth).items()
    }
    for name, part in forth.parts.items():
        other = back.parts[name]
        assert (part.a, part.added, part.changed, part.moving) == (other.b, other.removed, other.changed, other.moving)
        assert len(part.told_added) == min(limit, part.added)
        assert len(part.told_changed) == min(limit, part.changed)


@given(sides(), sides())
def test_what_is_told_makes_the_one_of_the_other(a: Side, b: Side) -> None:
    """Removed ones taken away, added ones put there, changes applied: what is left is the other side."""
    for name, part in compare(a, b, EVERYTHING).parts.items():
        made = {key: deepcopy(doc) for key, doc in held(a, name).items()}
        wanted = held(b, name)
        for one in part.told_removed:
            del made[one.id]
        for one in part.told_added:
            made[one.id] = wanted[one.id]
        for changed in part.told_changed:
            applied(made[changed.id], changed.fields)
        assert dumps_sorted(made) == dumps_sorted(wanted)
        assert (part.a, part.b) == (len(held(a, name)), len(held(b, name)))


@given(sides())
def test_the_lists_of_a_cluster_are_what_counts_beside_one(one: Side) -> None:
    """Beside what is not generated, deleted records do not count; ids are in order."""
    for name in ("jobs", "executions", "controllers", "nodes", "assets"):
        found = list(one.records(name, with_deleted=False))
        listed = [record.fields for record in contents(one.timeline, name, one.t)]
        assert [key for key, _ in found] == sorted(key for key, _ in found)
        assert sorted(dumps_sorted(doc) for _, doc in found) == sorted(map(dumps_sorted, listed))


LISTS = {
    "jobs": ("/v1/jobs?size=10000", "job_id"),
    "executions": ("/v1/ex?size=10000", "ex_id"),
    "controllers": ("/v1/cluster/controllers", "ex_id"),
    "assets": ("/v1/assets?size=10000", "id"),
}


@pytest.mark.parametrize("name", ["default", "busy"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("instants", [(0, 1), (0, 90_000), (12_345, 13_345), (60_000, 59_999)])
def test_a_generated_world_differs_as_its_answers_do(name: str, seed: int, instants: tuple[int, int]) -> None:
    """Compared naively: JSON answers of two instants, keyed by id."""
    scenario = Scenario.from_table(NAMED[name].table, seed=seed)
    timeline = generated(scenario, 90_000)
    cluster = Cluster(timeline, None, "replay")
    a, b = (timeline.first + t for t in instants)
    found = compare(side(timeline, a), side(timeline, b), EVERYTHING)

    def asked(path: str, t: int) -> Any:
        return loads(answer(cluster, t, Request("GET", path)).body)

    def by_id(collection: str, t: int) -> dict[str, Document]:
        path, id_field = LISTS[collection]
        return {record[id_field]: record for record in asked(path, t)}

    naive = {collection: (by_id(collection, a), by_id(collection, b)) for collection in LISTS}
    naive["nodes"] = asked("/v1/cluster/state", a), asked("/v1/cluster/state", b)
    stats, info = ((asked(path, a), asked(path, b)) for path in ("/v1/cluster/stats", "/"))
    naive["cluster"] = {"stats": stats[0], "info": info[0]}, {"stats": stats[1], "info": info[1]}
    for collection, (before, after) in naive.items():
        part = found.parts[collection]
        assert [one.id for one in part.told_added] == sorted(after.keys() - before.keys())
        assert [one.id for one in part.told_removed] == sorted(before.keys() - after.keys())
        both = sorted(before.keys() & after.keys())
        changed = [key for key in both if dumps_sorted(before[key]) != dumps_sorted(after[key])]
        assert [one.id for one in part.told_changed] == changed
        assert (part.a, part.b) == (len(before), len(after))


def test_what_always_moves_is_counted_and_left_out() -> None:
    """Unless asked for; ignored fields are counted apart, and nothing is counted twice."""
    a = one_frame(
        {"executions": [("e1", {"ex_id": "e1", "_status": "running", "_updated": "x", "w": {"n": 1, "m": 1}})]}
    )
    b = one_frame(
        {"executions": [("e1", {"ex_id": "e1", "_status": "stopped", "_updated": "y", "w": {"n": 2, "m": 2}})]}
    )

    def part(**asked: Any) -> tuple[list[str], int, int]:
        found = compare(side(a), side(b), Asked(**asked)).parts["executions"]
        return (
            [".".join(map(str, f.path)) for one in found.told_changed for f in one.fields],
            found.moving,
            found.ignored,
        )

    assert part() == (["_status", "w.m", "w.n"], 1, 0)
    assert part(all=True) == (["_status", "_updated", "w.m", "w.n"], 0, 0)
    ignore = (Pattern.parse("w"), Pattern.parse("executions:_status"), Pattern.parse("jobs:_updated"))
    assert part(ignore=ignore) == ([], 1, 3)
    assert part(ignore=ignore, all=True) == (["_updated"], 0, 3)


def test_unknown_collections_are_not_compared() -> None:
    """With the reason; a part of the cluster alone, too."""
    made = one_frame({"jobs": [("j1", {"job_id": "j1"})], "cluster": [("info", {"name": "x"}), ("stats", {"s": 1})]})
    one = side(made, kind="recorded", unknown={"jobs": "no answer", "info": "lacking"}, notes=["is late"])
    found = compare(one, side(one_frame({}), kind="live", unknown={"errors": "not read"}))

    assert found.left_out == {"errors": "B: not read", "info": "A: lacking", "jobs": "A: no answer"}
    assert "jobs" not in found.parts
    assert [gone.id for gone in found.parts["cluster"].told_removed] == ["stats"]
    assert found.hints == ["A is late"]


NAMED_JOB = {
    "job_id": "0" * 32,
    "name": "secret-project",
    "workers": 2,
    "operations": [{"_op": "noop", "index": "customers", "rate": Literal("1.5")}],
    "api_token": "hunter2",
    "Odd Key": 1,
}
VEILED_JOB = {
    "job_id": "0" * 32,
    "name": "p-0123456789ab",
    "workers": 3,
    "operations": [{"_op": "noop", "index": "p-ba9876543210", "rate": Literal("1.5")}],
    "p-4242424242ab": 1,
    "_deleted": False,
}


@pytest.mark.parametrize("swapped", [False, True])
def test_only_what_redaction_keeps_is_compared_with_what_is_not_redacted(swapped: bool) -> None:  # noqa: FBT001
    """Names, dropped credentials and renamed keys are counted; numbers and what is there or not do count."""
    node = {"n1": {"node_id": "n1"}}
    plain_side = side(one_frame({"jobs": [("0" * 32, NAMED_JOB)], "nodes": list(node.items())}), kind="live")
    made = one_frame({"jobs": [("0" * 32, VEILED_JOB)], "nodes": [("p-1", {"node_id": "p-1"})]})
    veiled = side(made, kind="recorded", redacted=True, names="p-a")
    pair = (veiled, plain_side) if swapped else (plain_side, veiled)
    found = compare(*pair)

    assert [change.path for change in found.parts["jobs"].told_changed[0].fields] == [("_deleted",), ("workers",)]
    assert found.parts["jobs"].veiled == 5
    assert "nodes" in found.left_out
    (hint,) = found.hints
    assert hint.startswith(f"{'A' if swapped else 'B'} is redacted, the other is not: only what redaction keeps")
    everything = compare(*pair, Asked(all=True))
    assert len(everything.parts["jobs"].told_changed[0].fields) == 7
    assert everything.parts["nodes"].added == 1


def test_pseudonyms_of_one_key_are_compared() -> None:
    """Those of two keys are not, and it is said."""
    one = side(one_frame({"jobs": [("j", {"job_id": "j", "name": "p-1"})]}), redacted=True, names="p-a p-b")
    other = side(one_frame({"jobs": [("j", {"job_id": "j", "name": "p-2"})]}), redacted=True, names="p-a p-b")
    assert compare(one, other).parts["jobs"].changed == 1

    third = side(other.timeline, redacted=True, names="p-c p-d")
    found = compare(one, third)
    assert not found.differs
    assert "pseudonyms of their own" in found.hints[0]
    assert "names differ wherever" in compare(one, third, Asked(all=True)).hints[0]


def test_records_of_every_kind_can_be_veiled() -> None:
    """Also those that redaction has no table for."""
    docs = {name: [("x", {"ex_id": "x", "text": "a"})] for name in KINDS if name != "cluster"}
    others = {name: [("x", {"ex_id": "x", "text": "b"})] for name in docs}
    plain_side = side(one_frame(docs | {"cluster": [("info", {"name": "a"}), ("stats", {"o": "a"})]}))
    cluster = [("info", {"name": "b"}), ("stats", {"o": "b"})]
    veiled = side(one_frame(others | {"cluster": cluster}), redacted=True, names="n")
    found = compare(plain_side, veiled)
    assert not found.differs
    assert found.parts["errors"].veiled == 1
    assert found.parts["cluster"].veiled == 2
