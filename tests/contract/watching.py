"""What must hold in a cluster at every instant, and from one to the next, told from its answers alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.commanding import reachable
from toolkit.answers.answer import Cluster
from toolkit.bundle.lines import line, parse_line
from toolkit.bundle.typed import line_check
from toolkit.model.status import is_deleted, is_terminal
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled

if TYPE_CHECKING:
    from toolkit.world.timeline import LiveTimeline

LISTS = {
    "jobs": "/v1/jobs?size=10000",
    "deleted jobs": "/v1/jobs?size=10000&deleted=true",
    "executions": "/v1/ex?size=10000",
    "deleted executions": "/v1/ex?size=10000&deleted=true",
    "controllers": "/v1/cluster/controllers",
    "nodes": "/v1/cluster/state",
    "stats": "/v1/cluster/stats",
    "assets": "/v1/assets?size=10000",
}
"""Every list, by name."""
TABLES = (
    "/txt/jobs?size=10000", "/txt/jobs?deleted=true&size=10000&fields=name,workers,operations,active.a,_deleted",
    "/txt/ex?size=10000&fields=name,workers,_status,_slicer_stats.processed,assets", "/txt/ex?deleted=true&size=10000",
    "/txt/workers?size=10000", "/txt/nodes", "/txt/controllers?size=10000", "/txt/assets?size=10000",
)  # fmt: skip
QUERIES = (
    "/v1/ex?size=10000&filter=_status:(running%20OR%20stopping)%20AND%20workers:%3E1&sort=_created:asc",
    "/v1/jobs?size=10000&filter=name:a*%20OR%20active:false&ex=_status",
    "/v1/jobs?active=true&size=10000", "/v1/ex?status=pending,paused&size=10000",
)  # fmt: skip
PATHS = (*LISTS.values(), *TABLES, *QUERIES)
"""What is asked at every instant."""

_COUNTERS = ("processed", "failed", "subslices", "workers_joined", "workers_reconnected", "workers_disconnected")
_BY_DELETION = ("_updated", "_deleted", "_deleted_on")

Answers = dict[str, bytes]
"""Bodies by path, all of one instant."""


class Picture:
    """A cluster at one instant, as its lists show it.

    Attributes:
        jobs: Jobs by id, deleted ones too.
        executions: Executions by id, deleted ones too.
        controllers: Statistics by execution.
        nodes: Nodes by id.
        assets: Assets by id.
    """

    def __init__(self, answers: Answers) -> None:
        """Read the lists."""
        self.lists = {name: json.loads(answers[path]) for name, path in LISTS.items()}
        self.jobs = _by_id("job_id", self.lists["jobs"], self.lists["deleted jobs"])
        self.executions = _by_id("ex_id", self.lists["executions"], self.lists["deleted executions"])
        self.controllers = _by_id("ex_id", self.lists["controllers"])
        self.nodes: dict[str, Any] = self.lists["nodes"]
        self.assets = _by_id("id", self.lists["assets"])

    def check(self) -> None:
        """Check what must hold at any instant."""
        for name in ("jobs", "executions"):
            assert not any(is_deleted(one.get("_deleted")) for one in self.lists[name]), name
            assert all(is_deleted(one["_deleted"]) for one in self.lists[f"deleted {name}"]), name
        controllers: dict[str, int] = {}
        for node in self.nodes.values():
            assert 0 <= node["available"] == node["total"] - len(node["active"]), node
            ids = [process["worker_id"] for process in node["active"]]
            assert len(set(ids)) == len(ids), node
            for process in node["active"]:
                if "ex_id" in process:
                    ex_id = process["ex_id"]
                    assert not is_terminal(self.executions[ex_id]["_status"]), process
                    assert self.executions[ex_id]["job_id"] == process["job_id"], process
                    is_controller = process["assignment"] == "execution_controller"
                    controllers[ex_id] = controllers.get(ex_id, 0) + is_controller
        assert set(controllers.values()) <= {0, 1}, controllers
        for ex_id, stats in self.controllers.items():
            assert not is_terminal(self.executions[ex_id]["_status"]), stats
            assert all(value >= 0 for value in stats.values() if isinstance(value, int)), stats
            assert stats["failed"] <= stats["processed"], stats
        for execution in self.executions.values():
            job = self.jobs[execution["job_id"]]
            assert is_deleted(execution.get("_deleted")) <= is_deleted(job.get("_deleted")), execution

    def check_moves(self, after: Picture) -> None:
        """Check what must hold between this and a later instant of the same world."""
        assert set(self.jobs) <= set(after.jobs)
        for ex_id, old in self.executions.items():
            new = after.executions[ex_id]
            assert reachable(old["_status"], new["_status"]), (ex_id, old["_status"], new["_status"])
            if is_terminal(old["_status"]):
                assert _lasting(old) == _lasting(new)
                assert ex_id not in after.controllers
        for ex_id, stats in self.controllers.items():
            late = after.controllers.get(ex_id, stats)
            assert all(stats[name] <= late[name] for name in _COUNTERS), (stats, late)
        assert list(self.nodes) == list(after.nodes)
        for node_id, node in self.nodes.items():
            whose = {process["worker_id"]: process for process in node["active"]}
            for process in after.nodes[node_id]["active"]:
                assert whose.get(process["worker_id"], process) == process


def replay_of(timeline: LiveTimeline, last: int) -> Cluster:
    """Replay a session up to an instant, through the lines of its bundle."""
    first = timeline.first
    tracks = {name: list(found) for name, found in Bundled(timeline, first, last).tracks().items()}
    for name, found in tracks.items():
        checks = line_check(KINDS[name], first, last, generated=True)
        for track in found:
            checks.check(line(track))
    read = {name: [parse_line(line(track)) for track in found] for name, found in tracks.items()}
    return Cluster(TrackTimeline(read, first, last), None, "replay")


def _by_id(key: str, *lists: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {one[key]: one for of in lists for one in of}
    assert len(found) == sum(map(len, lists)), key
    return found


def _lasting(execution: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in execution.items() if name not in _BY_DELETION}
