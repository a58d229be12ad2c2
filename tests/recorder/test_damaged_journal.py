"""Journals that were damaged in the middle: what is before the damage becomes a bundle, and nothing is thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, StepClock, plain
from tests.recorder.recording import Told, record
from tests.recorder.replaying import Replayed
from toolkit.bundle.writer import journal_of
from toolkit.errors import BundleDamaged, TargetError
from toolkit.recorder import finish as finishing
from toolkit.recorder.address import parse_address
from toolkit.recorder.finish import finish, open_journal
from toolkit.recorder.journal import NAME, Journal
from toolkit.recorder.plan import Plan, Resumption
from toolkit.recorder.record import record as run
from toolkit.recorder.record import resume

if TYPE_CHECKING:
    from pathlib import Path

START = StepClock().t
FRAMES = 6


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a recording of six frames was to go that could not be finished."""

    def move(t: int) -> None:
        cluster.answers = plain(jobs=[{"job_id": "j1", "name": str(t)}])

    def full(*_: object, **__: object) -> None:
        message = "no room"
        raise TargetError(message)

    with FakeCluster(plain()) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setattr(finishing, "write_bundle", full)
        asked = {"every_ms": 1000, "for_ms": (FRAMES - 1) * 1000, "redact": False}
        with pytest.raises(TargetError, match="no room"):
            record(cluster.url, target=tmp_path / "b", around=StepClock(on_step=move).around(), **asked)
    return tmp_path / "b"


def damage(target: Path) -> bytes:
    """Change a byte of the fourth frame; give the journal's text."""
    file = journal_of(target) / NAME
    lines = file.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"j1", b"j2", 1)
    file.write_bytes(b"".join(lines))
    return b"".join(lines)


def test_what_is_before_the_damage_becomes_a_bundle(target: Path) -> None:
    """The frames before it are the bundle, the loss is told and noted, and the journal is kept."""
    text = damage(target)
    with open_journal(target) as journal:
        done = finish(journal, target, force=False)
    assert done.damage.startswith(
        "the journal is damaged, 2 frames behind the damage could not be used: it is kept in "
    )
    replayed = Replayed(target)
    assert list(replayed.bundle.frames.instants) == [START, START + 1000, START + 2000]
    assert replayed.origin["lost_frames"] == 2
    assert (target.parent / ".b.journal-damaged-1" / NAME).read_bytes() == text


def test_nobody_goes_on_behind_the_damage(target: Path) -> None:
    """Going on would throw the frames behind it away: it is refused, with what to do."""
    text = damage(target)
    with FakeCluster(plain()) as cluster, pytest.raises(BundleDamaged, match=r"toolkit finish .* keeps the journal"):
        resume(Resumption(target, parse_address(cluster.url)), Told(lambda _: None), StepClock().around())
    assert (journal_of(target) / NAME).read_bytes() == text


def test_another_cluster_is_noticed(target: Path) -> None:
    """A recording that goes on with a cluster that has nothing of what was seen says so."""
    said: list[str] = []
    with FakeCluster(plain(jobs=[{"job_id": "new"}], executions=[{"ex_id": "new"}])) as cluster:
        resume(
            Resumption(target, parse_address(cluster.url), for_ms=2000),
            Told(said.append),
            StepClock(START + FRAMES * 1000).around(),
        )
    assert [line for line in said if "same cluster" in line] == [
        "no job and no execution seen before is there: is this the same cluster?"
    ]


def test_an_entry_that_is_no_frame_is_damage(target: Path) -> None:
    """A whole line that nobody's recording wrote is told in one line."""
    with Journal(journal_of(target)) as journal:
        list(journal.entries())
        journal.append({"t": 1})
    with open_journal(target) as journal, pytest.raises(BundleDamaged, match="an entry of it is no frame"):
        finish(journal, target, force=False)
    assert journal_of(target).is_dir()


def test_a_recording_that_goes_on_is_not_thrown_away(target: Path) -> None:
    """While another process holds the journal, force does not help."""
    with Journal(journal_of(target)) as journal, FakeCluster(plain()) as cluster:
        journal.hold()
        for force in (False, True):
            plan = Plan(parse_address(cluster.url), target, force=force)
            with pytest.raises(TargetError, match="another process is recording into it"):
                run(plan, Told(lambda _: None), StepClock().around())
        assert not cluster.asked
    assert journal_of(target).is_dir()
