"""A cluster small enough to see through, for tests of commands: what its log says is folded in a few lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from toolkit.answers.answer import Cluster, Request, Response, answer
from toolkit.model.status import TERMINAL
from toolkit.timeline.view import NEVER, Held, Record
from toolkit.world.commands import MemoryLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.timeline.view import Change, Event, Timeline

T = 1_767_225_600_000
STOPS_IN = 7_500
"""How long a stop takes; a forced one takes no time at all before it is asked about again."""
INFO = {
    "arch": "x64", "clustering_type": "native", "name": "fake", "node_version": "v22.19.0", "platform": "linux",
    "teraslice_version": "v3.18.0",
}  # fmt: skip
OPERATIONS = [{"_op": "test-reader"}, {"_op": "noop"}]
JOB = {"name": "one", "operations": OPERATIONS}
ASSET = "a" * 40


class FakeTimeline:
    """Jobs, executions and assets as they are put in, changed only by commands."""

    first = 0
    last = 2 * T

    def __init__(self, log: MemoryLog) -> None:
        """Start with one job that never ran."""
        self.log = log
        self.jobs: dict[str, dict[str, Any]] = {"idle": {**JOB, "job_id": "idle"}}
        self.executions: dict[str, dict[str, Any]] = {}
        self.workers: dict[str, int] = {}
        self.assets: list[dict[str, Any]] = [{"name": "standard", "version": "1.0.0", "id": ASSET}]

    def add(self, ex_id: str, status: str, job_id: str = "j", **more: Any) -> None:
        """Put in an execution, newer than those before it, and its job."""
        self.jobs.setdefault(job_id, {**JOB, "job_id": job_id})
        self.executions[ex_id] = {"ex_id": ex_id, "job_id": job_id, "_status": status, **more}
        self.workers[ex_id] = 2

    def at(self, t: int) -> FakeView:
        """Look."""
        return FakeView(self, t)

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Nobody asks."""
        raise NotImplementedError

    def next_change(self, after: int) -> int:
        """Nobody asks."""
        raise NotImplementedError

    def events(self, after: int, until: int) -> Iterator[Event]:
        """Nobody asks."""
        raise NotImplementedError

    def happened(self, after: int, until: int) -> Iterator[Event]:
        """Nobody asks."""
        raise NotImplementedError


class FakeView:
    """The same at one instant."""

    def __init__(self, timeline: FakeTimeline, t: int) -> None:
        """Fold the commands up to `t`."""
        self.t = t
        self._workers = timeline.workers
        self._jobs = {key: dict(job) for key, job in timeline.jobs.items()}
        self._executions = {key: dict(execution) for key, execution in timeline.executions.items()}
        self._assets = list(timeline.assets)
        for command in timeline.log.in_order():
            if command.t <= t:
                self._fold(command.t, command.entry)

    def _fold(self, since: int, entry: dict[str, Any]) -> None:
        match entry:
            case {"do": "put_job", "job_id": job_id, "job": job}:
                self._jobs[job_id] = {**job, "job_id": job_id}
            case {"do": "set_active", "job_id": job_id, "active": active}:
                self._jobs[job_id]["active"] = active
            case {"do": "delete_job", "job_id": job_id}:
                self._jobs[job_id]["_deleted"] = True
            case {"do": "stop", "ex_id": ex_id, "force": force}:
                ended = self.t >= since + (1 if force else STOPS_IN)
                status = self._executions[ex_id]["_status"]
                going = status if force else "stopping"
                self._executions[ex_id]["_status"] = ("terminated" if force else "stopped") if ended else going
            case {"do": "save_asset", "asset": asset}:
                self._assets.append(asset)
            case {"do": "delete_asset", "asset_id": asset_id}:
                self._assets = [asset for asset in self._assets if asset["id"] != asset_id]
            case {"do": "refresh"}:
                self._executions.clear()

    def info(self) -> Held[Record]:
        """What `GET /` answers."""
        return Held(Record(INFO), NEVER)

    def controller(self, ex_id: str) -> Held[Record | None]:
        """Each execution has one."""
        return Held(Record({"ex_id": ex_id}), NEVER)

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """One node with a controller and the workers of each execution."""
        active = [{"assignment": "cluster_master"}]
        for ex_id, count in self._workers.items():
            active += [{"assignment": "execution_controller", "ex_id": ex_id}]
            active += [{"assignment": "worker", "ex_id": ex_id}] * count
        return Held([("node", Record({"active": active}))], NEVER)

    def job(self, job_id: str) -> Held[Record | None]:
        """One job."""
        return self._one(self._jobs.get(job_id))

    def execution(self, ex_id: str) -> Held[Record | None]:
        """One execution."""
        return self._one(self._executions.get(ex_id))

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The one that was put in last."""
        mine = [one for one in self._executions.values() if one["job_id"] == job_id]
        return self._one(mine[-1] if mine else None)

    def living_of(self, job_id: str) -> Held[list[Record]]:
        """Those that are not terminal."""
        mine = (one for one in self._executions.values() if one["job_id"] == job_id)
        return Held([Record(one) for one in mine if one["_status"] not in TERMINAL], NEVER)

    def assets(self) -> Held[list[Record]]:
        """The assets."""
        return Held([Record(asset) for asset in self._assets], NEVER)

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """Nothing in any asset."""
        return Held({}, NEVER)

    @staticmethod
    def _one(fields: dict[str, Any] | None) -> Held[Record | None]:
        return Held(None if fields is None else Record(fields), NEVER)


class Commanded:
    """A fake cluster with what tests do to it."""

    def __init__(self) -> None:
        """Start with one job that never ran."""
        self.log = MemoryLog()
        self.timeline = FakeTimeline(self.log)
        self.cluster = Cluster(cast("Timeline", self.timeline), self.log, "live")

    def add(self, ex_id: str, status: str, job_id: str = "j", **more: Any) -> Commanded:
        """Put in an execution; see `FakeTimeline.add`."""
        self.timeline.add(ex_id, status, job_id, **more)
        return self

    def replay(self) -> Commanded:
        """Have no log from now on."""
        self.cluster = Cluster(cast("Timeline", self.timeline), None, "replay")
        return self

    def send(self, method: str, target: str, body: Any = b"", content: str | None = None, t: int = T) -> Response:
        """Send a request; a body that is not bytes is sent as JSON."""
        return answer(self.cluster, t, request(method, target, body, content))

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What was appended to the log."""
        return [command.entry for command in self.log.in_order()]


def request(method: str, target: str, body: Any = b"", content: str | None = None) -> Request:
    """Make a request; a body that is not bytes is sent as JSON."""
    if isinstance(body, bytes):
        return Request(method, target, body=body, content_type=content)
    return Request(method, target, body=json.dumps(body).encode(), content_type=content or "application/json")


def said(response: Response) -> tuple[int, Any]:
    """Give an answer's status, and its message if it is an error body, else its JSON."""
    body = json.loads(response.body)
    if isinstance(body, dict) and body.get("error") == response.status:
        return response.status, body["message"]
    return response.status, body
