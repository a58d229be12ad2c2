"""Recordings of fake clusters, whole: from the first request to the bundle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply, StepClock, plain
from tests.recorder.listing import Listing
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from toolkit.errors import RecordError, TargetError, UsageError
from toolkit.model.instants import format_instant
from toolkit.query.mapping import JOBS
from toolkit.recorder import finish as finishing
from toolkit.recorder import record as recording
from toolkit.recorder.client import Limits
from toolkit.recorder.pages import SIZE, WINDOW
from toolkit.tracks.frames import Gap

if TYPE_CHECKING:
    from pathlib import Path


START = StepClock().t


NEEDED = ("/v1/cluster/state", "/v1/jobs", "/v1/ex")


class Session:
    """Records one cluster into one place, and keeps what was said."""

    def __init__(self, folder: Path) -> None:
        """Record below a folder."""
        self.target = folder / "out" / "bundle"
        self.said: list[str] = []
        self.redact = False
        self.force = False

    def make(self, url: str, *, frames: int = 1, clock: StepClock | None = None, limits: Limits = QUICK) -> Replayed:
        """Record so many frames, a second apart."""
        path = record(
            url,
            every_ms=1000,
            for_ms=(frames - 1) * 1000,
            target=self.target,
            redact=self.redact,
            force=self.force,
            say=self.said.append,
            around=(clock or StepClock()).around(),
            limits=limits,
        )
        assert path == self.target
        return Replayed(path)

    def refused(self, answers: dict[str, Any], limits: Limits = QUICK) -> str:
        """Record a cluster that cannot be recorded, check that nothing is written, and give the reason."""
        with FakeCluster(answers) as cluster, pytest.raises(RecordError) as caught:
            self.make(cluster.url, limits=limits)
        assert not self.target.parent.exists()
        assert "\n" not in str(caught.value)
        return str(caught.value).replace(cluster.url, "URL")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session in an empty folder."""
    return Session(tmp_path)


def many(field: str, count: int) -> list[dict[str, Any]]:
    """Make records, newest first."""
    return [{field: f"{field}-{number}", "_updated": format_instant(START - number)} for number in range(count)]


def test_one_frame_is_recorded(session: Session) -> None:
    """One frame of a cluster that has everything comes back as it was, and leaves nothing but the bundle."""
    answers = plain()
    with FakeCluster(answers) as cluster:
        replayed = session.make(cluster.url + "/")

    assert [replayed.ask(path) for path in ("/", "/cluster/state", "/jobs", "/ex")] == [
        answers[path] for path in ("/", "/v1/cluster/state", "/v1/jobs", "/v1/ex")
    ]
    assert replayed.first == START
    assert [path.name for path in session.target.parent.iterdir()] == ["bundle"]
    assert session.said == ["recorded 1 frame; nothing was redacted: do not share it before you have looked through it"]


def test_only_get_requests_are_sent(session: Session) -> None:
    """Whatever is recorded, the cluster sees GET requests to known endpoints and nothing else."""
    with FakeCluster(plain()) as cluster:
        session.make(cluster.url, frames=2)

        assert {method for method, _, _ in cluster.seen} == {"GET"}
        assert set(cluster.asked) == set(plain())


def test_twelve_thousand_executions(session: Session) -> None:
    """A list longer than the search window is recorded whole."""
    jobs, executions = many("job_id", SIZE + 5), many("ex_id", 12_000)
    lists = {"/v1/jobs": Listing(jobs, id_field="job_id", mapping=JOBS), "/v1/ex": Listing(executions)}
    with FakeCluster(plain() | lists) as cluster:
        replayed = session.make(cluster.url, frames=2)

    assert replayed.ask("/ex?size=10000") == executions[:WINDOW]
    assert replayed.ask("/ex?size=10000&sort=_updated:asc") == executions[: -WINDOW - 1 : -1]
    assert replayed.ask("/jobs?size=10000") == jobs
    assert replayed.origin["cut"] == {}


def test_what_an_old_cluster_hides_is_told_once(session: Session) -> None:
    """Of a cluster too old to be narrowed, the window is recorded, and it is said what could not be."""
    executions = many("ex_id", 12_000)
    listing = Listing(executions, ignores=("filter", "sort"))
    with FakeCluster(plain() | {"/v1/ex": listing}) as cluster:
        replayed = session.make(cluster.url, frames=2)

    cut = "what lies behind the newest 10,000: the cluster is too old for filter and sort"
    assert replayed.ask("/ex?size=10000") == executions[:WINDOW]
    assert replayed.origin["cut"] == {"executions": cut}
    assert [line for line in session.said if "10,000" in line and "frame" not in line] == [
        f"not all executions can be reached, so not recorded is {cut}"
    ]


def test_old_clusters(session: Session) -> None:
    """A cluster without newer endpoints is recorded: its slicers are the controllers, the rest is noted as absent.

    What fails is not absent, however often it does.
    """
    answers = plain()
    slicers = [{"ex_id": "x1", "job_id": "j1", "name": "one"}]
    for path in ("/", "/v1/cluster/controllers", "/v1/cluster/stats", "/v1/assets"):
        del answers[path]
    with FakeCluster(answers | {"/v1/cluster/slicers": slicers, "/v1/assets": Reply(500)}) as cluster:
        replayed = session.make(cluster.url, frames=3)

        assert cluster.asked["/v1/cluster/controllers"] == 1
        assert cluster.asked["/v1/assets"] == QUICK.attempts + 2
    assert replayed.ask("/cluster/controllers") == slicers
    assert replayed.origin["absent"] == ["info", "stats"]
    assert list(replayed.bundle.frames.gaps) == [Gap("assets", "status 500", START, START + 2000, 3)]
    assert "the cluster does not have: info, stats" in session.said[-1]
    assert "missing in some frames: assets (3)" in session.said[-1]


def test_a_gap_holds_what_was_there(session: Session) -> None:
    """What gives nothing for a frame is a gap with its reason; the rest of the frame counts."""
    answers = plain()
    faults = {"/v1/ex": Reply(503), "/v1/cluster/stats": Reply(body=b"<html>"), "/v1/cluster/controllers": Reply(404)}

    def move(t: int) -> None:
        second = t == START + 1000
        cluster.answers = answers | (faults if second else {}) | {"/v1/jobs": [{"job_id": "j1", "name": str(t)}]}

    with FakeCluster(answers) as cluster:
        replayed = session.make(cluster.url, frames=3, clock=StepClock(on_step=move))

    second = START + 1000
    assert list(replayed.bundle.frames.gaps) == [
        Gap("controllers", "status 404", second, second, 1),
        Gap("executions", "status 503", second, second, 1),
        Gap("stats", "HTML instead of JSON", second, second, 1),
    ]
    assert replayed.ask("/ex", START + 1000) == answers["/v1/ex"]
    assert replayed.ask("/jobs", START + 1000) == [{"job_id": "j1", "name": str(START + 1000)}]
    assert "missing in some frames: controllers (1), executions (1), stats (1)" in session.said[-1]
    assert session.said[1] == (
        "frame 2 of 3: 0 assets, 1 jobs, 1 nodes; "
        "missing: controllers: status 404, executions: status 503, stats: HTML instead of JSON"
    )


def test_a_cluster_that_goes_away_leaves_frames_without_anything(session: Session) -> None:
    """A cluster that is gone for a while makes gaps everywhere, and the recording goes on."""

    def move(t: int) -> None:
        cluster.answers = {} if t > START else plain()

    with FakeCluster(plain()) as cluster:
        replayed = session.make(cluster.url, frames=2, clock=StepClock(on_step=move))

    assert len(replayed.bundle.frames.gaps) == len(plain())
    assert replayed.ask("/jobs", START + 1000) == plain()["/v1/jobs"]
    assert session.said[1].startswith("frame 2 of 2: nothing; missing: assets: status 404")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(body=b"<!DOCTYPE html><title>x</title>"), "HTML instead of JSON"),
        (Reply(500), "status 500"),
        (
            Reply(302, headers=(("Location", "http://127.0.0.1:1/"),)),
            "status 302, a redirect to another host, which is not followed",
        ),
        (Reply(401), "status 401"),
        (Reply(body=b"hello"), "an answer that is not JSON"),
        (Reply(body=b""), "an empty answer"),
        (Reply(body=b"null"), "null instead of an"),
        (Reply(body=b"[", length=50), "the connection broke before the answer was complete"),
    ],
)
def test_what_is_no_cluster_is_refused(session: Session, reply: Reply, reason: str) -> None:
    """An address none of whose lists is like a cluster's is refused in one line, and nothing is written."""
    for others in (plain(), {}):
        message = session.refused(others | dict.fromkeys(NEEDED, reply))

        assert message.startswith(f"cannot record URL: /v1/cluster/state gave {reason}")
        assert message.endswith("; check that this is the address of a Teraslice cluster and that it is healthy")


SHAPES: list[tuple[str, object, str]] = [
    ("/v1/jobs", {"error": 500}, "an object instead of an array"),
    ("/v1/ex", [1, "x"], "2 entries that are no records"),
    ("/v1/ex", [[]], "1 entry that is no record"),
    ("/v1/jobs", 1, "a number or a text instead of an array"),
    ("/v1/cluster/state", [], "an array instead of an object"),
    ("/v1/cluster/state", {"error": True}, "1 entry that is no record"),
]


@pytest.mark.parametrize(("path", "body", "reason"), SHAPES)
def test_answers_of_another_shape_are_refused(session: Session, path: str, body: object, reason: str) -> None:
    """Lists are arrays of objects and the cluster state is an object of objects, or it is no cluster."""
    assert f"{path} gave {reason};" in session.refused(plain() | dict.fromkeys(NEEDED, Reply(404)) | {path: body})


@pytest.mark.parametrize("body", [{}, [], {"error": {"code": 404}}, [{"error": 404}]])
def test_what_answers_everything_alike_is_refused(session: Session, body: object) -> None:
    """An address that gives the same JSON wherever it is asked is no cluster, even where that might be a list."""
    assert "check that this is the address" in session.refused(dict.fromkeys(plain(), body))


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/ex", "/v1/cluster/state"])
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(500), "status 500"),
        (Reply(403), "status 403: the credentials are not enough"),
        (Reply(404), "status 404"),
        (Reply(body=b"<html>"), "HTML instead of JSON"),
        (Reply(302, headers=(("Location", "http://xn--/"),)), "a redirect to nowhere"),
        (Reply(body=b"[", length=50), "the connection broke before the answer was complete"),
    ],
)
def test_what_is_missing_from_the_first_frame_is_a_gap(session: Session, path: str, reply: Reply, reason: str) -> None:
    """If two of the lists tell that there is a cluster, the third may come later."""
    answers = plain()

    def move(t: int) -> None:
        cluster.answers = answers if t > START else cluster.answers

    with FakeCluster(answers | {path: reply}) as cluster:
        replayed = session.make(cluster.url, frames=2, clock=StepClock(on_step=move))

    name = {"/v1/jobs": "jobs", "/v1/ex": "executions", "/v1/cluster/state": "nodes"}[path]
    assert list(replayed.bundle.frames.gaps) == [Gap(name, reason, START, START, 1)]
    assert replayed.ask(path.removeprefix("/v1"), START + 1000) == answers[path]


def test_one_list_is_a_cluster(session: Session) -> None:
    """One list that answers as Teraslice does is enough, whatever the others do."""
    for path in NEEDED:
        session.force = True
        page = Reply(body=b"<html>")
        with FakeCluster(dict.fromkeys(plain(), page) | {path: plain()[path]}) as cluster:
            replayed = session.make(cluster.url)

        assert {gap.source for gap in replayed.bundle.frames.gaps} == {
            *("assets", "controllers", "executions", "info", "jobs", "nodes", "stats")
        } - {{"/v1/jobs": "jobs", "/v1/ex": "executions", "/v1/cluster/state": "nodes"}[path]}


def test_a_cluster_whose_root_hangs_is_recorded(session: Session) -> None:
    """The root tells nothing that is needed: without it there is a gap."""
    with FakeCluster(plain() | {"/": Reply(hang=True)}) as cluster:
        replayed = session.make(cluster.url, limits=Limits(timeout_s=1, attempts=1))

    assert [gap.source for gap in replayed.bundle.frames.gaps] == ["info"]


def test_failing_from_the_first_frame_on_is_a_gap(session: Session) -> None:
    """What fails at first and then answers was never absent: the frames without it say so."""
    stats = plain()["/v1/cluster/stats"]

    def move(t: int) -> None:
        cluster.answers["/v1/cluster/stats"] = Reply(500) if t < START + 3000 else stats

    with FakeCluster(plain() | {"/v1/cluster/stats": Reply(500)}) as cluster:
        replayed = session.make(cluster.url, frames=4, clock=StepClock(on_step=move))

    assert list(replayed.bundle.frames.gaps) == [Gap("stats", "status 500", START, START + 2000, 3)]
    assert replayed.origin["absent"] == []
    assert replayed.ask("/cluster/stats", START + 3000) == stats


def test_a_web_site_is_refused(session: Session) -> None:
    """An address that answers everything with a page is refused."""
    page = Reply(body=b"<html>")

    assert "HTML instead of JSON" in session.refused(dict.fromkeys(plain(), page))


def test_a_cluster_that_hangs_is_refused(session: Session) -> None:
    """An address that never answers is refused when the patience is used up."""
    limits = Limits(timeout_s=0.05, attempts=1)
    message = session.refused(dict.fromkeys(plain(), Reply(hang=True)), limits)

    assert message == "cannot record URL: no answer within 0.05 s; check the address and that the cluster is up"


def test_where_nothing_listens_is_refused(session: Session) -> None:
    """An address where nothing listens is refused, in words."""
    with FakeCluster({}) as cluster:
        url = cluster.url
    with pytest.raises(RecordError, match=r"cannot connect \(connection refused\)"):
        session.make(url)

    assert not session.target.parent.exists()


def test_a_text_that_is_no_address_is_asked_wrongly(session: Session) -> None:
    """A bad address is a usage error."""
    with pytest.raises(UsageError):
        session.make("localhost:5678")


def test_odd_records_are_kept(session: Session) -> None:
    """Records without an id, with an id of another type, or there twice come back as they were."""
    jobs = [
        {"name": "no id"},
        {"job_id": 7, "deep": {"a": [None, True, {"b": "c"}]}},
        {"job_id": "", "x": -0.5},
        {"job_id": "j1", "n": 1},
        {"job_id": "j1", "n": 2},
        {},
    ]
    with FakeCluster(plain(jobs=jobs, executions=[{"ex_id": None}])) as cluster:
        replayed = session.make(cluster.url)

    assert replayed.text("/jobs") == json.dumps(jobs, indent=4).encode()
    assert replayed.ask("/ex") == [{"ex_id": None}]


def test_a_frame_has_the_instant_the_cluster_says(session: Session) -> None:
    """When the first answer says its instant, that is the frame's, and the others are asked about the same one."""
    t = 1_767_225_600_123
    stamp = (("X-Toolkit-Instant", format_instant(t)),)
    answers = {path: Reply(body=json.dumps(body).encode(), headers=stamp) for path, body in plain().items()}
    with FakeCluster(answers) as cluster:
        replayed = session.make(cluster.url, frames=2)

        asked_about = {headers.get("x-toolkit-at") for _, target, headers in cluster.seen if target != "/"}
    assert asked_about == {format_instant(t)}
    assert list(replayed.bundle.frames.instants) == [t, t + 1]
    assert list(replayed.bundle.frames.skews) == [0, 0]


def test_a_slow_cluster_makes_ticks_late_and_missed(session: Session) -> None:
    """Ticks that pass while a frame is read are not made up for: the last of them comes late, the others are missed."""
    clock = StepClock()
    slow = iter([2500, 0, 99_000])

    def jobs(_: object) -> list[Any]:
        clock.t += next(slow)
        return []

    with FakeCluster(plain() | {"/v1/jobs": jobs}) as cluster:
        replayed = session.make(cluster.url, frames=6, clock=clock)

    assert list(replayed.bundle.frames.instants) == [START + offset for offset in (0, 2500, 3000)]
    assert replayed.origin["ticks"] == {"late": 1, "missed": 3}
    assert "1 tick late, 3 missed" in session.said[-1]


def test_a_taken_place_is_refused_before_anything_is_asked(session: Session) -> None:
    """A target that exists is left alone and the cluster not asked; with force it is replaced."""
    with FakeCluster(plain()) as cluster:
        session.make(cluster.url)
        before = (session.target / "bundle.json").read_bytes()
        asked = cluster.asked.total()
        with pytest.raises(TargetError, match="--force"):
            session.make(cluster.url)
        assert (cluster.asked.total(), (session.target / "bundle.json").read_bytes()) == (asked, before)

        session.force = True
        session.make(cluster.url, clock=StepClock(START + 5))

    assert (session.target / "bundle.json").read_bytes() != before


def test_a_place_below_a_file_is_refused(session: Session) -> None:
    """A target that cannot be made is refused before the cluster is asked."""
    session.target.parent.write_text("a file")

    with FakeCluster(plain()) as cluster:
        with pytest.raises(TargetError, match="cannot"):
            session.make(cluster.url)
        assert not cluster.asked


def test_what_was_recorded_is_kept_when_the_bundle_cannot_be_written(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When writing the bundle fails, the journal stays and the error says where."""

    def full(*_: object, **__: object) -> Path:
        message = "cannot write the bundle: no space left"
        raise TargetError(message)

    monkeypatch.setattr(finishing, "write_bundle", full)
    journal = session.target.parent / ".bundle.journal"
    with (
        FakeCluster(plain()) as cluster,
        pytest.raises(TargetError, match="no space left; what was recorded is kept") as caught,
    ):
        session.make(cluster.url)

    assert str(caught.value).endswith(f"kept in {journal}: toolkit finish {session.target} makes the bundle")
    assert [path.name for path in journal.iterdir()] == ["frames.jsonl"]


def test_a_full_disk_while_recording_keeps_the_frames_before(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a frame cannot be written, the ones before it stay in the journal, and the error says where."""
    append = recording.Journal.append

    def second_fails(self: recording.Journal, *entries: dict[str, Any]) -> None:
        if self.there:
            raise OSError(28, "No space left on device")
        append(self, *entries)

    monkeypatch.setattr(recording.Journal, "append", second_fails)
    with FakeCluster(plain()) as cluster, pytest.raises(TargetError, match=r"no space left on device; .* is kept in"):
        session.make(cluster.url, frames=3)

    assert [path.name for path in session.target.parent.iterdir()] == [".bundle.journal"]


def test_a_full_disk_at_the_first_frame_leaves_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """When not even the first frame can be written, no journal is left."""

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with FakeCluster(plain()) as cluster, pytest.raises(TargetError, match="no space left"):
        session.make(cluster.url)

    assert list(session.target.parent.iterdir()) == []


def test_a_second_interrupt_keeps_the_journal(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the bundle is written ends at once, keeps the journal and says where."""

    def interrupted(*_: object, **__: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(finishing, "write_bundle", interrupted)
    with FakeCluster(plain()) as cluster, pytest.raises(KeyboardInterrupt) as ended:
        session.make(cluster.url)

    kept = session.target.parent / ".bundle.journal"
    told = f"interrupted; what was recorded is kept in {kept}: toolkit finish {session.target} makes the bundle"
    assert str(ended.value) == told


def test_a_recording_that_was_not_finished_is_not_lost(session: Session) -> None:
    """What a killed recording left behind is named, not touched, and thrown away with force only."""
    left = session.target.parent / ".bundle.journal"
    left.mkdir(parents=True)
    (left / "frames.jsonl").write_text("precious")
    with FakeCluster(plain()) as cluster:
        with pytest.raises(
            TargetError, match=r"toolkit finish .* makes its bundle, toolkit record --resume .* goes on"
        ):
            session.make(cluster.url)
        assert not cluster.asked
        assert (left / "frames.jsonl").read_text() == "precious"

        session.force = True
        session.make(cluster.url)

    assert [path.name for path in session.target.parent.iterdir()] == ["bundle"]


def test_an_endless_recording_counts_frames_without_a_total(session: Session) -> None:
    """A recording without an end says which frame it is at, and not of how many."""
    with FakeCluster(plain()) as cluster:

        def stop(t: int) -> None:
            if t > START + 1000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) as ended:
            record(
                cluster.url,
                every_ms=1000,
                for_ms=recording.UNTIL_INTERRUPTED,
                target=session.target,
                say=session.said.append,
                around=StepClock(on_step=stop).around(),
            )

    assert session.said[1] == "frame 2: 0 assets, 0 controllers, 1 executions, 1 jobs, 1 nodes"
    assert "kept in" in str(ended.value)
