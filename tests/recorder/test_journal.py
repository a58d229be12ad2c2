"""The journal: what was written is there, whatever happened after it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from toolkit.bundle.writer import journal_of
from toolkit.errors import BundleDamaged, BundleNotFound, TargetError
from toolkit.model.wire import Literal, dumps
from toolkit.recorder.finish import finish, open_journal
from toolkit.recorder.journal import NAME, Journal

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = [{"journal": 2}, {"t": 1, "a": Literal("1.10"), "b": None}, {"t": 2, "text": "k\u00e4se \u2603 " * 9}]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal with three entries, let go of."""
    with Journal(journal_of(tmp_path / "new" / "x")) as journal:
        for entry in ENTRIES:
            journal.append(entry)
    return Journal(journal.place)


def test_entries_come_back(journal: Journal) -> None:
    """Entries are read back as they were written, key order and exact numbers included, as often as one likes."""
    with journal:
        assert [dumps(entry) for entry in journal.entries()] == [dumps(entry) for entry in ENTRIES]
        assert [dumps(entry) for entry in journal.entries()] == [dumps(entry) for entry in ENTRIES]


@pytest.mark.parametrize("rubbish", [b"", b"\0" * 40, b"00000000 {}\n", b"{", b"\n", b"\xff\n"])
def test_a_journal_ends_at_every_place_a_power_cut_can_leave(journal: Journal, rubbish: bytes) -> None:
    """Cut off at any byte, whatever stands behind it, the whole entries count, and what is added follows them."""
    file = journal.place / NAME
    text = file.read_bytes()
    ends = [place + 1 for place, letter in enumerate(text) if letter == ord("\n")]
    for cut in range(len(text) + 1):
        file.write_bytes(text[:cut] + rubbish)
        whole = sum(end <= cut + (rubbish == b"\n") for end in ends)
        with Journal(journal.place) as cut_off:
            assert len(list(cut_off.entries())) == whole
            cut_off.append({"more": cut})
            assert list(cut_off.entries())[whole:] == [{"more": cut}]


def test_a_changed_byte_ends_it(journal: Journal) -> None:
    """What was changed on the disk does not count; what is whole behind it is counted as lost, and stays."""
    file = journal.place / NAME
    file.write_bytes(file.read_bytes().replace(b"1.10", b"1.11"))
    text = file.read_bytes()
    with journal:
        assert list(journal.entries()) == ENTRIES[:1]
        assert journal.lost == 1
        kept = journal.set_aside()
    assert (kept / NAME).read_bytes() == text
    assert kept.name == ".x.journal-damaged-1"
    assert not journal.there


def test_nothing_is_written_before_the_first_entry(tmp_path: Path) -> None:
    """A journal without an entry leaves no trace."""
    journal = Journal(tmp_path / "x")
    assert not journal.there
    journal.remove()
    assert not list(tmp_path.iterdir())


def test_a_journal_is_private_and_can_be_removed(journal: Journal) -> None:
    """Only its owner may look into it; once removed, nothing is left."""
    assert journal.place.stat().st_mode & 0o777 == 0o700
    journal.remove()
    assert journal.there, "nobody removes a journal that may be another's"
    journal.hold()
    journal.remove()
    assert not list(journal.place.parent.iterdir())


def test_one_process_holds_it(journal: Journal) -> None:
    """While a recording goes on, nobody else can finish it or go on with it."""
    hold = (
        "import sys, pathlib; from toolkit.recorder.journal import Journal; "
        "journal = Journal(pathlib.Path(sys.argv[1])); next(journal.entries()); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, journal.place], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TargetError, match="another process is recording into it"):
            next(journal.entries())
        holder.communicate()
    assert next(journal.entries()) == ENTRIES[0]
    journal.close()


def test_a_journal_is_found_by_its_bundle_and_by_itself(journal: Journal, tmp_path: Path) -> None:
    """Either directory may be given; where there is none, the error says what to give."""
    for given in (tmp_path / "new" / "x", journal.place):
        assert open_journal(given).place == journal.place
    with pytest.raises(BundleNotFound, match="no unfinished recording is there; give the directory that toolkit rec"):
        open_journal(tmp_path)


@pytest.mark.parametrize(("text", "why"), [(b"", "does not start"), (b'{"journal": 1}\n', "does not start")])
def test_what_is_no_journal_is_told(journal: Journal, tmp_path: Path, text: bytes, why: str) -> None:
    """A file that no toolkit of this version wrote is an error, and stays."""
    (journal.place / NAME).write_bytes(text)
    with journal, pytest.raises(BundleDamaged, match=why):
        finish(journal, tmp_path / "y", force=False)
    assert journal.there
