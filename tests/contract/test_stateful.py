"""No sequence of commands, however strange, leads to anything impossible: told from what is answered over HTTP."""

from __future__ import annotations

import json
import operator
from contextlib import ExitStack, closing
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.commanding import READERS
from tests.contract.transcripts.clusters import Cluster as Asked
from tests.contract.transcripts.clusters import MovedClock, empty
from tests.contract.watching import PATHS, Picture, replay_of
from tests.jobs.clusters import asset_zip
from tests.jobs.test_anything import JSON
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.clock import FrozenClock
from toolkit.model.instants import HOUR, MINUTE, format_instant
from toolkit.model.status import is_terminal
from toolkit.model.wire import dumps
from toolkit.server.ready import FAILED
from toolkit.server.thread import ServerThread
from toolkit.world.commands import Command, MemoryLog
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from tests.contract.transcripts.clusters import Answer
    from tests.contract.watching import Answers

SCENARIOS = {
    "empty": empty(),
    "tiny": Scenario.from_table({**NAMED["busy"].table, "seed": 3, "jobs": 3, "node_slots": 4, "event_every": "2m"}),
    "default": Scenario(seed=7),
}
SPANS = (1, 120, 300, 499, 900, 1_700, 3_000, 5_800, 9_000, 20_000, MINUTE, 4 * MINUTE, HOUR, 5 * HOUR)
GAPS = st.sampled_from([0, 0, 0, *SPANS]) | st.builds(operator.add, st.sampled_from(SPANS), st.integers(0, 400))
COMMANDS = "/_toolkit/commands?size=10000"
KEPT = 3
"""Of how many instants in the future the answers are compared with those of a server that knows no more."""

THEN = [{"_op": "noop"}, {"_op": "delay", "ms": 900}]
COMPARED = 10
"""How many instants another server and the replay are asked about."""
BUILT_IN = [reader for reader in READERS if reader["_op"] == "test-reader"]
WHICH = st.integers(0, 7)
"""Which one of those there are, the living and newest first."""
LIVING = st.integers(0, 3)
METHODS = st.sampled_from(["POST", "PUT", "DELETE", "PATCH"])
WORKERS = st.sampled_from(
    ["add=1", "add=1", "add=3", "add=100", "remove=1", "remove=1", "remove=2", "total=1", "total=6", "add=0", "add=1.5",
     "remove=1e2", "add=0x2", "add=1e400", "add=" + "9" * 30, "total=-1", "remove=NaN", "add=1&remove=1", "add=1&add=2",
     "more=1", "add=%20", "add=%FF", ""]
)  # fmt: skip
STOPS = st.sampled_from(
    ["blocking=false", "blocking=false", "blocking=false", "", "", "force=true", "force=1&blocking=false", "force=",
     "timeout=1", "blocking=TRUE", "blocking=false&blocking=true", "force=%00", "blocking=%FF", "blocking"]
)  # fmt: skip
CLEANUPS = st.sampled_from(
    ["", "", "cleanup_type=all", "cleanup=errors", "cleanup_type=pending", "cleanup_type=&cleanup=all",
     "cleanup_type=x", "cleanup=all&cleanup=all"]
)  # fmt: skip
TURNS = st.sampled_from(
    ["_pause", "_pause", "_resume", "_resume", "_settings?log_level=debug", "_settings?log_level=bogus", "_settings"]
)
GOOD = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["alpha", "beta"]),
        "operations": st.tuples(st.sampled_from(BUILT_IN), st.sampled_from(THEN)).map(list),
    },
    optional={
        "lifecycle": st.sampled_from(["once", "persistent"]), "workers": st.sampled_from([1, 2, 5, 40]),
        "autorecover": st.booleans(), "max_retries": st.integers(0, 3), "active": st.booleans(),
    },
)  # fmt: skip
FIELDS = (
    "name", "lifecycle", "workers", "slicers", "max_retries", "active", "apis", "labels", "env_vars", "autorecover",
    "job_id", "ex_id", "_status", "_created", "_updated", "_deleted", "_deleted_on", "_context", "_slicer_stats",
    "metadata", "teraslice_version", "recovered_execution", "slicer_port", "other",
)  # fmt: skip
ODD = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)
OPERATION = st.dictionaries(st.sampled_from(["_op", "ms", "size", "_encoding", "connection", "x"]), JSON, max_size=3)
STRANGE = st.dictionaries(st.sampled_from(["operations", "assets", "apis"]), st.lists(OPERATION, max_size=3) | JSON)
JOBS = st.one_of(GOOD, st.builds(operator.or_, GOOD, ODD), st.builds(operator.or_, ODD, STRANGE))
TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "application/json;"]
)
BODIES = st.one_of(
    JSON.map(dumps), st.binary(max_size=20),
    st.sampled_from([b"", b"{", b"[]", b"null", b'"a"', b"\xef\xbb\xbf{}", b"[" * 5_000, b" " * 110_000 + b"{}"]),
)  # fmt: skip
ZIPS = st.one_of(
    st.tuples(st.sampled_from(["own", "other"]), st.sampled_from(["1.0.0", "1.0.1", "x"])).map(
        lambda said: asset_zip(json.dumps({"name": said[0], "version": said[1]}))
    ),
    JSON.map(lambda said: asset_zip(dumps(said))),
    st.binary(max_size=20),
)
TARGETS = st.sampled_from(
    ["/jobs", "/v1/jobs/", "/v1/jobs/%zz/_start", "/jobs/%ff/_stop", "/ex/a%2Fb/_pause", "/v1/ex", "/assets/a/b", "/",
     "/v1/jobs/../ex", "/v1/data/refresh/x", "/data/refresh", "/_toolkit/commands", "/txt/jobs", "//", "/v1/ex//_stop",
     "/v1/jobs/JOB", "/v1/jobs/JOB/_start", "/v1/jobs/JOB/_stop", "/v1/jobs/JOB/_workers?add=1"]
)  # fmt: skip


class Session(RuleBasedStateMachine):
    """Clients at a server of which they know nothing but what it answers, and somebody who moves its clock."""

    @initialize(name=st.sampled_from(sorted(SCENARIOS)))
    def begin(self, name: str) -> None:
        """Start a server."""
        self.scenario = SCENARIOS[name]
        self.clock = MovedClock(self.scenario.epoch)
        self.log = MemoryLog(self.scenario.seed)
        self.timeline = LiveTimeline(self.scenario, self.log)
        self.open = ExitStack()
        server = self.open.enter_context(ServerThread(Cluster(self.timeline, self.log, "live"), self.clock))
        self.asked = self.open.enter_context(closing(Asked(server.url, self.clock, ours=True)))
        self.asks = 0
        self.seen: dict[int, Answers] = {}
        self.future: list[tuple[int, int, Answers]] = []
        self.gone = ["00000000-0000-4000-8000-000000000000", "nope"]
        self.moved = False
        self.picture = self.look()

    def get(self, path: str, **headers: str) -> Answer:
        """Read, past the server's store of ready answers; it keeps none of the toolkit's own."""
        self.asks += 1
        unseen = path if path.startswith("/_toolkit/") else f"{path}{'&' if '?' in path else '?'}_={self.asks}"
        return self.asked.ask("GET", unseen, tuple((name.replace("_", "-"), value) for name, value in headers.items()))

    def read(self, t: int) -> Answers:
        """Read everything as of an instant."""
        answers = {path: self.get(path, X_Toolkit_At=format_instant(t)) for path in PATHS}
        assert {got.status for got in answers.values()} == {200}
        return {path: got.body for path, got in answers.items()}

    def look(self) -> Picture:
        """Look at everything as it is now, and remember it."""
        now = self.clock.now()
        self.seen[now] = self.read(now)
        picture = Picture(self.seen[now])
        picture.check()
        return picture

    def commands(self) -> list[Any]:
        """Read the command log."""
        shown = json.loads(self.get(COMMANDS).body)
        assert shown["total"] == len(shown["commands"])
        return list(shown["commands"])

    def command(self, method: str, target: str, body: bytes = b"", content_type: str | None = None) -> Answer:
        """Send what may change something, and check what it changed."""
        then, before = self.clock.now(), self.commands()
        headers = () if content_type is None else (("Content-Type", content_type),)
        got = self.asked.ask(method, target, headers, body)
        assert FAILED.encode() not in got.body
        after = self.commands()
        assert after[: len(before)] == before
        new = [command["entry"]["do"] for command in after[len(before) :]]
        assert len(new) <= (got.status < 400), (got, new)
        old, known = self.picture, self.seen[then]
        if new:
            self.seen[then] = self.read(then)  # whoever waited for a stop moved the clock
        if new == ["refresh"]:
            self.gone += [*list(old.executions)[:2], *list(old.jobs)[:2]]
            self.picture = self.look()
            return got
        if self.clock.now() == then and not new:
            check_same(self.read(then), known)
            return got
        self.picture = self.look()
        old.check_moves(self.picture)
        return got

    def job(self, which: int) -> str:
        """Name a job."""
        by = self.picture.jobs
        lives = {one["job_id"] for one in self.picture.executions.values() if not is_terminal(one["_status"])}
        ids = sorted(by, key=lambda job: (job in lives, str(by[job]["_updated"])), reverse=True)
        return [*ids[:6], *self.gone[:1], *self.gone[-1:]][which % (min(len(ids), 6) + 2)]

    def execution(self, which: int) -> str:
        """Name an execution; what lives is more interesting."""
        by = self.picture.executions
        ids = sorted(by, key=lambda ex: (not is_terminal(by[ex]["_status"]), by[ex]["_updated"]), reverse=True)
        return [*ids[:6], *self.gone[:1], *self.gone[-1:]][which % (min(len(ids), 6) + 2)]

    def either(self, which: int, *, of_job: bool) -> str:
        """Give the path of a job or an execution."""
        return f"/v1/jobs/{self.job(which)}" if of_job else f"/v1/ex/{self.execution(which)}"

    def pass_time(self, gap: int) -> None:
        """Let time pass."""
        if gap:
            self.clock.wait_until(self.clock.now() + gap)
            old, self.picture = self.picture, self.look()
            old.check_moves(self.picture)

    @rule(gap=GAPS)
    def wait(self, gap: int) -> None:
        """Do nothing."""
        self.pass_time(gap)

    @rule(gap=GAPS)
    def foresee(self, gap: int) -> None:
        """Ask what will be if nobody does anything."""
        t = self.clock.now() + gap
        future = self.read(t)
        Picture(future).check()
        self.future = [*self.future, (self.log.sequence, t, future)][-KEPT:]

    @precondition(lambda self: len(self.seen) > 1)
    @rule(which=st.integers(0, 40))
    def look_back(self, which: int) -> None:
        """Nothing before now has changed."""
        t = sorted(self.seen)[which % len(self.seen)]
        check_same(self.read(t), self.seen[t])

    @rule(job=JOBS, query=st.sampled_from(["", "", "", "?start=false", "?start=", "?start=true&start=false"]))
    def post(self, job: Any, query: str) -> None:
        """Post a job, good or odd."""
        got = self.command("POST", f"/v1/jobs{query}", dumps(job), "application/json")
        if got.status == 200:
            assert json.loads(got.body)["job_id"] in self.picture.jobs

    @rule(job=GOOD, gap=GAPS)
    def run(self, job: Any, gap: int) -> None:
        """Post a job that nobody can refuse, and give it time."""
        got = self.command("POST", "/v1/jobs", dumps(job), "application/json")
        assert got.status == 200, got
        assert self.picture.executions[json.loads(got.body)["ex_id"]]["_status"] == "pending"
        self.pass_time(gap)

    @rule(which=WHICH, job=JOBS, off=st.booleans())
    def put(self, which: int, job: Any, *, off: bool) -> None:
        """Replace a job; one that is switched off may be anything."""
        body = dumps(job | ({"active": False} if off else {}))
        self.command("PUT", f"/v1/jobs/{self.job(which)}", body, "application/json")

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        """Delete a job."""
        job_id = self.job(which)
        if self.command("DELETE", f"/v1/jobs/{job_id}").status == 200:
            of_job = [one for one in self.picture.executions.values() if one["job_id"] == job_id]
            assert all(one["_deleted"] is True for one in [*of_job, self.picture.jobs[job_id]])

    @rule(which=WHICH, word=st.sampled_from(["_active", "_inactive", "_start", "_start", "_start"]), gap=GAPS)
    def switch(self, which: int, word: str, gap: int) -> None:
        """Start a job, or switch it on or off."""
        self.pass_time(gap)
        self.command("POST", f"/v1/jobs/{self.job(which)}/{word}")

    @rule(which=WHICH, of_job=st.booleans(), query=CLEANUPS, gap=GAPS)
    def recover(self, which: int, query: str, gap: int, *, of_job: bool) -> None:
        """Recover."""
        self.pass_time(gap)
        self.command("POST", f"{self.either(which, of_job=of_job)}/_recover?{query}")

    @rule(which=WHICH, of_job=st.booleans(), query=STOPS, gap=GAPS)
    def stop(self, which: int, query: str, gap: int, *, of_job: bool) -> None:
        """Stop; who waits is told how it ended."""
        self.pass_time(gap)
        got = self.command("POST", f"{self.either(which, of_job=of_job)}/_stop?{query}")
        if got.status == 200 and "blocking" not in query:
            assert is_terminal(json.loads(got.body)["status"])

    @rule(which=LIVING, of_job=st.booleans(), word=TURNS, gap=GAPS)
    def turn(self, which: int, word: str, gap: int, *, of_job: bool) -> None:
        """Pause, resume, change the log level."""
        self.pass_time(gap)
        self.command("POST", f"{self.either(which, of_job=of_job)}/{word}")

    @rule(which=LIVING, of_job=st.booleans(), query=WORKERS, gap=GAPS)
    def workers(self, which: int, query: str, gap: int, *, of_job: bool) -> None:
        """Change workers."""
        self.pass_time(gap)
        self.command("POST", f"{self.either(which, of_job=of_job)}/_workers?{query}")

    @rule(body=ZIPS, query=st.sampled_from(["", "?blocking=true"]), drops=st.none() | WHICH)
    def assets(self, body: bytes, query: str, drops: int | None) -> None:
        """Upload an asset, or delete one."""
        if drops is None:
            self.command("POST", f"/v1/assets{query}", body, "application/octet-stream")
        else:
            ids = [*sorted(self.picture.assets)[:4], "a" * 40, "nope"]
            self.command("DELETE", f"/v1/assets/{ids[drops % len(ids)]}")

    @rule(method=METHODS, which=WHICH, path=TARGETS, body=BODIES, kind=TYPES)
    def nonsense(self, method: str, which: int, path: str, body: bytes, kind: str) -> None:
        """Send nonsense to anything."""
        self.command(method, path.replace("JOB", self.job(which)), body, kind)

    @precondition(lambda self: len(self.seen) > 4)
    @rule(sure=st.integers(0, 3))
    def refresh(self, sure: int) -> None:
        """Begin a new world, not too often."""
        if sure == 3:
            assert self.command("POST", "/v1/data/refresh").status == 200

    @invariant()
    def single_reads_agree(self) -> None:
        """What the lists show is what is answered about each of them."""
        shown = self.picture
        for kind, key in (("jobs", "job_id"), ("ex", "ex_id")):
            every = shown.jobs if kind == "jobs" else shown.executions
            newest = sorted(every.values(), key=lambda one: str(one["_updated"]), reverse=True)
            for one in newest[:5]:
                got = self.get(f"/v1/{kind}/{one[key]}")
                assert json.dumps(json.loads(got.body)) == json.dumps(one)
        for ex_id in list(shown.executions)[:5]:
            got = self.get(f"/v1/ex/{ex_id}/controller")
            expected = [shown.controllers[ex_id]] if ex_id in shown.controllers else None
            assert (json.loads(got.body) if got.status == 200 else None) == expected
            errors = json.loads(self.get(f"/v1/ex/{ex_id}/errors?size=10000").body)
            if ex_id in shown.controllers:
                assert len(errors) <= shown.controllers[ex_id]["failed"]

    def teardown(self) -> None:
        """Compare with a second server, with one that knows only what was known, and with the bundle; stop."""
        if not hasattr(self, "open"):
            return
        with self.open:
            last = max(self.seen)
            log = copied(self.log.page(0, self.log.sequence), self.scenario)
            again = ServerThread(Cluster(LiveTimeline(self.scenario, log), log, "live"), FrozenClock(last))
            self.asked = Asked(self.open.enter_context(again).url, self.clock, ours=True)
            self.open.enter_context(closing(self.asked))
            replay = replay_of(self.timeline, last)
            for t in sorted(self.seen, key=lambda t: (t != last, t * 7919 % 101))[:COMPARED]:
                check_same(self.read(t), self.seen[t])
                check_same(bodies(replay, t), self.seen[t])
            for sequence, t, answers in self.future:
                log = copied(self.log.page(0, sequence), self.scenario)
                check_same(bodies(Cluster(LiveTimeline(self.scenario, log), log, "live"), t), answers)


def check_same(got: Answers, expected: Answers) -> None:
    """Compare byte for byte; show the line at which they part."""
    for path, body in expected.items():
        if got[path] != body:
            lines = zip_longest(got[path].split(b"\n"), body.split(b"\n"))
            raise AssertionError(next((path, *pair) for pair in lines if pair[0] != pair[1]))


def copied(commands: list[Command], scenario: Scenario) -> MemoryLog:
    """Give another log of the same commands."""
    log = MemoryLog(scenario.seed)
    for command in commands:
        log.append(command.t, command.entry)
    return log


def bodies(cluster: Cluster, t: int) -> Answers:
    """Read everything from a cluster without a server."""
    return {path: answer(cluster, t, Request("GET", path)).body for path in PATHS}


Session.TestCase.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSession = Session.TestCase
