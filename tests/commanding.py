"""Commands as clients give them, made up at random, and what must hold in a cluster whatever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from toolkit.model.status import TRANSITIONS, is_terminal
from toolkit.world.draws import Draws
from toolkit.world.stories import TALES, entry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.timeline.view import View
    from toolkit.world.commands import CommandLog
    from toolkit.world.timeline import LiveTimeline

T = TypeVar("T")

READERS = (
    {"_op": "test-reader"},
    {"_op": "data_generator", "size": 10},
    {"_op": "kafka_reader", "topic": "a"},
    {"_op": "test-reader", "fetcher_data_file_path": "/nowhere/fetched.json"},
    {"_op": "test-reader", "slicer_data_file_path": "/nowhere/slices.json"},
)
KINDS = (
    "post", "post", "start", "start", "stop", "stop", "stop", "force", "pause", "pause", "resume", "resume", "add",
    "remove", "recover", "recover", "put", "inactive", "delete", "asset", "drop", "refresh",
)  # fmt: skip


STORIES = ("story",) * 5
"""What is added to `KINDS` where stories are told as well."""


class _Random:
    """Choices that are the same each time."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed, "client")
        self._made = 0

    def bits(self) -> int:
        self._made += 1
        return int(self._draws.at(self._made))

    def choice(self, values: Sequence[T]) -> T:
        return values[self.bits() % len(values)]


class Client:
    """Someone who gives commands at random, the same ones for the same seed."""

    def __init__(self, timeline: LiveTimeline, log: CommandLog, seed: int) -> None:
        """Give commands to the cluster behind a log."""
        self._timeline = timeline
        self._log = log
        self._random = _Random(seed)

    def _id(self, kind: str) -> str:
        return self._log.new_id(kind)

    def _config(self) -> dict[str, Any]:
        pick = self._random
        reader, lifecycle = pick.choice(READERS), pick.choice(["once", "persistent"])
        # What fails for ever fails slowly here: every failure is a record.
        endless = "fetcher_data_file_path" in reader and lifecycle == "persistent"
        return {
            "name": pick.choice(["alpha", "beta", "gamma"]),
            "lifecycle": lifecycle,
            "workers": pick.choice([1, 2, 5, 40]),
            "operations": [reader, {"_op": "delay", "ms": pick.choice([0, 100, 3000])}, {"_op": "noop"}],
            "max_retries": 80 if endless else pick.choice([0, 3]),
            "slicers": 1,
        }

    def _story(self, ex_id: str, job_id: str) -> dict[str, Any]:
        pick = self._random
        name = pick.choice(tuple(TALES))
        said: dict[str, Any] = {
            "for": pick.choice(["1s", "20s", "3m", "5m", "12m"]), "node": pick.choice(["ts-worker-1", "ts-worker-02"]),
            "ex": ex_id, "job": job_id, "count": pick.choice([1, 2, 20]), "share": pick.choice([0.1, 0.5, 1]),
        }  # fmt: skip
        left_out = pick.choice([{"ex"}, {"job"}, {"ex", "job", "node"}])
        takes = [field for field in TALES[name].takes if pick.bits() & 1 and field not in left_out]
        return entry_of({"story": name, **{field: said[field] for field in takes}})

    def act(self, t: int, kinds: Sequence[str] = KINDS) -> None:
        """Give one command at an instant, to anything that is there."""
        pick, view = self._random, self._timeline.at(t)
        kind = pick.choice(kinds)
        executions = view.executions(0, 12).value + view.deleted_executions(0, 2).value
        jobs = view.jobs(0, 50).value + view.deleted_jobs(0, 2).value
        ex_id = pick.choice(executions).fields["ex_id"] if executions else "none"
        job_id = pick.choice(jobs).fields["job_id"] if jobs else "none"
        if executions and pick.bits() & 1:
            job_id = pick.choice(executions).fields["job_id"]
        made: dict[str, Callable[[], dict[str, Any]]] = {
            "post": lambda: {
                "do": "post_job", "job_id": self._id("job"), "job": self._config(), "ex_id": self._id("ex"),
                "execution": self._config(),
            },
            "start": lambda: {"do": "start", "job_id": job_id, "ex_id": self._id("ex"), "execution": self._config()},
            "recover": lambda: {
                "do": "recover", "job_id": job_id, "ex_id": self._id("ex"), "recovers": ex_id,
                "cleanup": pick.choice([None, "all", "errors", "pending"]),
            },
            "stop": lambda: {"do": "stop", "ex_id": ex_id, "force": False},
            "force": lambda: {"do": "stop", "ex_id": ex_id, "force": True},
            "pause": lambda: {"do": "pause", "ex_id": ex_id},
            "resume": lambda: {"do": "resume", "ex_id": ex_id},
            "add": lambda: {"do": "workers", "ex_id": ex_id, "add": pick.choice([0, 1, 1.5, 3, 200])},
            "remove": lambda: {"do": "workers", "ex_id": ex_id, "remove": pick.choice([0, 1, 2, 50])},
            "put": lambda: {"do": "put_job", "job_id": job_id, "job": self._config() | {"more": True}},
            "inactive": lambda: {"do": "set_active", "job_id": job_id, "active": pick.choice([True, False])},
            "delete": lambda: {"do": "delete_job", "job_id": job_id},
            "asset": lambda: {
                "do": "save_asset", "operations": ["own"],
                "asset": {"name": "own", "version": "1.0.0", "id": pick.choice(["a" * 40, "b" * 40])},
            },
            "drop": lambda: {"do": "delete_asset", "asset_id": pick.choice(["a" * 40, "b" * 40])},
            "refresh": lambda: {"do": "refresh"},
            "story": lambda: self._story(ex_id, job_id),
        }  # fmt: skip
        self._log.append(t, made[kind]())


def check(view: View, *, stories: bool = False) -> None:
    """Check what must hold at any instant: slots, workers, controllers, lists.

    Args:
        view: What is checked.
        stories: Whether stories were told: then controllers may be lost, and the state of a lost node is an old one.
    """
    nodes = view.nodes().value
    seen: set[tuple[str, int]] = set()
    per_execution: dict[str, int] = {}
    for key, record in nodes:
        node = record.fields
        assert 0 <= node["available"] == node["total"] - len(node["active"]), node
        for process in node["active"]:
            assert (key, process["worker_id"]) not in seen, process
            seen.add((key, process["worker_id"]))
            if "ex_id" in process:
                assert node["state"] != "connected" or not is_terminal(_status(view, process["ex_id"])), process
                controllers = process["assignment"] == "execution_controller"
                per_execution[process["ex_id"]] = per_execution.get(process["ex_id"], 0) + controllers
    assert all(count == 1 or (stories and count == 0) for count in per_execution.values()), per_execution
    for record in view.controllers().value:
        stats = record.fields
        assert all(stats[name] >= 0 for name in stats if isinstance(stats[name], int)), stats
        assert stats["failed"] <= stats["processed"]
        assert not is_terminal(_status(view, stats["ex_id"]))
        assert view.controller(stats["ex_id"]).value.fields == stats  # type: ignore[union-attr]
    listed = [record.fields for record in view.executions(0, 10_000).value]
    assert len(listed) == view.execution_count()
    deleted = [record.fields for record in view.deleted_executions(0, 10_000).value]
    assert all("_deleted" not in fields for fields in listed)
    assert all(fields["_deleted"] is True for fields in deleted)
    for fields in [*listed, *deleted]:
        assert view.execution(fields["ex_id"]).value.fields == fields  # type: ignore[union-attr]
    keys = [(fields["_updated"], fields["ex_id"]) for fields in listed]
    by_id = sorted(keys, key=lambda key: key[1])
    assert keys == sorted(by_id, key=lambda key: key[0], reverse=True)
    jobs = [record.fields for record in view.jobs(0, 10_000).value]
    assert len(jobs) == view.job_count()
    assert len({fields["job_id"] for fields in jobs}) == len(jobs)
    for fields in jobs:
        newest = view.latest_execution(fields["job_id"]).value
        of_job = [one["_created"] for one in [*listed, *deleted] if one["job_id"] == fields["job_id"]]
        assert (newest.fields["_created"] if newest else None) == max(of_job, default=None)


def _status(view: View, ex_id: str) -> str:
    record = view.execution(ex_id).value
    assert record is not None, ex_id
    return str(record.fields["_status"])


def check_moves(before: View, after: View) -> None:
    """Check what must hold between two instants of one world: legal moves, counters that do not fall."""
    for record in before.executions(0, 10_000).value:
        old = record.fields
        found = after.execution(old["ex_id"]).value
        if found is None:
            continue
        new = found.fields["_status"]
        assert reachable(old["_status"], new), (old["ex_id"], old["_status"], new)
        if is_terminal(old["_status"]) and not found.fields.get("_deleted"):
            assert found.fields == old
    for record in before.controllers().value:
        late = after.controller(record.fields["ex_id"]).value
        if late is not None:
            for name in ("processed", "failed", "subslices", "workers_joined", "workers_disconnected"):
                assert record.fields[name] <= late.fields[name], (name, record.fields, late.fields)


def reachable(a: str, b: str) -> bool:
    """Tell whether a status can follow another one by legal moves."""
    seen, todo = {a}, [a]
    while todo:
        for status in TRANSITIONS[todo.pop()] - seen:
            seen.add(status)
            todo.append(status)
    return b in seen
