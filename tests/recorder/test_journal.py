from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolkit.model.wire import Literal, dumps
from toolkit.recorder.journal import Journal
from toolkit.tracks.fold import Frame

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = [
    Frame(1, 2, {"jobs": [("j", {"b": Literal("1.10"), "a": None})], "nodes": []}, []),
    Frame(5, 0, {}, ["jobs: status 500"]),
]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal with two frames."""
    journal = Journal(tmp_path / "new" / "x", {"redacted": True})
    for frame in FRAMES:
        journal.append(frame)
    return journal


def test_frames_come_back(journal: Journal) -> None:
    """Frames are read back as they were written, key order and exact numbers included."""
    frames = list(journal.frames())

    assert frames == FRAMES
    assert [dumps(frame.collections) for frame in frames] == [dumps(frame.collections) for frame in FRAMES]


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_frame_that_was_not_finished_does_not_count(journal: Journal, cut: int) -> None:
    """After a power cut in the middle of a frame, the frames before it are read."""
    assert journal.place is not None
    file = journal.place / "frames.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])

    assert list(journal.frames()) == FRAMES[:1]


def test_nothing_is_written_before_the_first_frame(tmp_path: Path) -> None:
    """A journal without a frame is no file and no directory, and can be read and removed all the same."""
    journal = Journal(tmp_path / "new" / "x", {})
    journal.remove()

    assert (list(journal.frames()), journal.place, list(tmp_path.iterdir())) == ([], None, [])


def test_a_journal_is_private_and_can_be_removed(journal: Journal) -> None:
    """Only its owner can look into a journal, and nothing of it is left when it is removed."""
    place = journal.place
    assert place is not None
    assert place.stat().st_mode & 0o777 == 0o700

    journal.remove()

    assert list(place.parent.iterdir()) == []
