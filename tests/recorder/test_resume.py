"""Going on with a recording that was cut off, and finishing it: what goes on, and what is refused, in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, StepClock, plain
from tests.recorder.recording import Told, record
from tests.recorder.replaying import Replayed
from tests.recorder.running import run
from tests.recorder.test_canaries import UUID
from toolkit.bundle.writer import journal_of
from toolkit.errors import BundleDamaged, BundleNotFound, TargetError, ToolkitError, UsageError
from toolkit.recorder.address import parse_address
from toolkit.recorder.finish import finish, open_journal, target_of
from toolkit.recorder.journal import NAME, Journal
from toolkit.recorder.plan import Resumption
from toolkit.recorder.record import resume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = StepClock().t
KEY = b"k" * 32


class Cut:
    """A recording of ten frames, a second apart, that ends after three."""

    def __init__(self, cluster: FakeCluster, target: Path) -> None:
        """Nothing is recorded yet."""
        self.cluster = cluster
        self.target = target
        self.said: list[str] = []

    def begin(self, **asked: Any) -> Journal:
        """Record the three frames."""

        def stop(t: int) -> None:
            if t > START + 2000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            record(
                self.cluster.url,
                target=self.target,
                every_ms=1000,
                for_ms=9000,
                around=StepClock(on_step=stop).around(),
                **asked,
            )
        return Journal(journal_of(self.target))

    def go_on(
        self, t: int = START + 2500, *, address: bool = True, folder: Path | None = None, **asked: Any
    ) -> Replayed:
        """Go on at an instant, and give the bundle."""
        where = parse_address(self.cluster.url) if address else None
        asked = {"limits": QUICK} | asked
        done = resume(Resumption(folder or self.target, where, **asked), Told(self.said.append), StepClock(t).around())
        assert done.path == self.target
        return Replayed(done.path)

    def refused(self, kind: type[ToolkitError], t: int = START + 2500, **asked: Any) -> str:
        """Try to go on, and give the line that says why not; the journal stays as it was."""
        file = journal_of(self.target) / NAME
        before = file.read_bytes() if file.exists() else b""
        requests = self.cluster.asked.total()
        with pytest.raises(kind) as caught:
            self.go_on(t, **asked)
        assert (file.read_bytes() if file.exists() else b"") == before
        assert self.cluster.asked.total() == requests
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def cut(tmp_path: Path) -> Iterator[Cut]:
    """A recording to be cut off, of a cluster with something to redact."""
    names = [{"job_id": UUID[:-1] + f"{number}", "name": f"acme {number}"} for number in range(3)]
    with FakeCluster(plain(jobs=names, executions=[{"ex_id": UUID, "name": "acme 1"}])) as cluster:
        yield Cut(cluster, tmp_path / "b")


def names_at(replayed: Replayed, t: int) -> list[str]:
    """Give what the jobs were called at an instant."""
    return [job["name"] for job in replayed.ask("/jobs", t)]


def test_with_its_key_names_go_on(cut: Cut) -> None:
    """With the key file of the first part, every name goes on, those that come later included."""
    cut.begin(key=KEY)
    cut.cluster.answers["/v1/jobs"] = [{"job_id": "j9", "name": "acme 1", "workers": 7}]
    replayed = cut.go_on(key=KEY)

    assert names_at(replayed, START + 9000) == names_at(replayed, START)[1:2]
    assert "acme" not in str(replayed.ask("/jobs"))
    assert list(replayed.bundle.frames.instants) == [START + 1000 * number for number in range(10)]
    assert replayed.origin["resumed"] == 1
    assert replayed.origin["ticks"] == {"late": 0, "missed": 0}
    assert not any("key was not stored" in line for line in cut.said)


def test_without_a_key_what_stays_keeps_its_name(cut: Cut) -> None:
    """Without a key, unchanged records keep their pseudonyms, wherever they stand; that this is so is told."""
    cut.begin()
    cut.cluster.answers["/v1/ex"] = [{"ex_id": UUID[:-1] + "5", "name": "acme 1"}]
    replayed = cut.go_on()

    assert names_at(replayed, START + 9000) == names_at(replayed, START)
    assert replayed.ask("/ex", START + 9000)[0]["name"] == names_at(replayed, START)[1]
    assert replayed.ask("/cluster/state", START + 9000) == replayed.ask("/cluster/state", START)
    assert cut.said[0].startswith("this recording's key was not stored: names seen before keep their pseudonyms")


def test_missed_ticks_are_counted(cut: Cut) -> None:
    """The ticks between the last frame and going on were missed; those that were then late are not."""
    cut.begin(redact=False)
    replayed = cut.go_on(START + 5200, address=False)

    assert list(replayed.bundle.frames.instants) == [START + 1000 * number for number in (0, 1, 2, 6, 7, 8, 9)]
    assert replayed.origin["ticks"] == {"late": 0, "missed": 3}


def test_an_unredacted_recording_knows_its_address(cut: Cut) -> None:
    """The journal of one has the address; that of a redacted one does not, and asks for it."""
    journal = cut.begin(redact=False)
    assert cut.cluster.url in (journal.place / NAME).read_text()
    assert len(cut.go_on(address=False).bundle.frames.instants) == 10


def test_for_prolongs(cut: Cut) -> None:
    """What is over can go on for as much longer as is said, from now on."""
    cut.begin(redact=False)
    assert "the time it was to last is over; toolkit finish" in cut.refused(UsageError, START + 60_000)
    replayed = cut.go_on(START + 60_000, for_ms=2000)

    assert list(replayed.bundle.frames.instants)[3:] == [START + 60_000, START + 61_000, START + 62_000]
    assert replayed.origin["ticks"]["missed"] == 57


@pytest.mark.parametrize("key", [None, b"x" * 32])
def test_another_key_is_refused(cut: Cut, key: bytes | None) -> None:
    """A recording that was begun with a key file goes on with that one only."""
    cut.begin(key=KEY)
    assert cut.refused(UsageError, key=key) == (
        f"cannot go on with {cut.target}: its pseudonyms are made with the key of a file, and this is not it; "
        "give the same file with --redaction-key-file"
    )


def test_what_cannot_go_on_is_told(cut: Cut) -> None:
    """No address for a redacted one, held by another process, nothing there, finished already: one line each."""
    assert "no unfinished recording is there" in cut.refused(BundleNotFound)
    journal = cut.begin()
    assert "a redacted recording does not hold the cluster's address" in cut.refused(UsageError, address=False)
    with journal as held:
        next(held.texts())
        assert "another process is recording into it" in cut.refused(TargetError)
    cut.go_on()
    assert "no unfinished recording is there" in cut.refused(BundleNotFound)


def test_a_taken_target_is_not_replaced(cut: Cut) -> None:
    """A bundle that is there by now is left alone, and so is the journal."""
    cut.begin()
    cut.target.mkdir()
    (cut.target / "bundle.json").write_text("{}")
    assert "it exists" in cut.refused(TargetError)
    with open_journal(cut.target) as journal, pytest.raises(TargetError, match="it exists; use --force"):
        finish(journal, cut.target, force=False)
    with open_journal(cut.target) as journal:
        finish(journal, cut.target, force=True)
    assert len(Replayed(cut.target).bundle.frames.instants) == 3


def test_the_journals_own_directory_may_be_given(cut: Cut) -> None:
    """Whoever sees only the journal may name that."""
    journal = cut.begin()
    assert len(cut.go_on(folder=journal.place).bundle.frames.instants) == 10
    cut.target.rename(cut.target.parent / "first")
    journal = cut.begin()
    with open_journal(journal.place) as held:
        assert finish(held, target_of(held, journal.place), force=False).path == cut.target
    assert len(Replayed(cut.target).bundle.frames.instants) == 3


def test_a_journal_without_a_frame_or_of_another_format_is_told(cut: Cut) -> None:
    """Neither finishing nor going on can use them; they stay."""
    file = cut.begin().place / NAME
    whole = file.read_bytes()
    head, _, _ = whole.partition(b"\n")
    file.write_bytes(head + b"\n")
    with open_journal(cut.target) as journal, pytest.raises(BundleDamaged, match="it holds no frame; remove it"):
        finish(journal, cut.target, force=False)
    file.write_bytes(b'{"journal": 1}\n' + whole)
    assert "use the version that wrote it" in cut.refused(BundleDamaged)
    assert file.read_bytes() == b'{"journal": 1}\n' + whole
    assert not cut.target.exists()


def test_the_commands_say_it_in_a_line(cut: Cut, tmp_path: Path) -> None:
    """As commands: finished once, not twice, and not gone on with."""
    cut.begin()
    done = run("finish", cut.target)
    assert (done.code, done.out) == (0, f"{cut.target}\n")
    assert done.err.startswith("recorded 3 frames over 2s;")
    for command in (("finish", cut.target), ("record", "--resume", cut.target), ("finish", tmp_path / "none")):
        done = run(*command)
        assert (done.code, done.out) == (1, "")
        assert done.error.startswith("error: cannot go on with ")
        assert "no unfinished recording is there" in done.error
