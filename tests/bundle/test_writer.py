from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bundle.making import END, EPOCH, NAMES, content, make, tracks
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.errors import BundleDamaged, TargetError
from toolkit.tracks.track import Track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def write(target: Path, jobs: Iterator[Track] | list[Track], *, force: bool = False) -> Path:
    """Write a bundle of jobs alone."""
    origin = {"kind": "recorded"}
    return write_bundle(target, {"jobs": jobs}, first=EPOCH, last=END, origin=origin, force=force)


def left(folder: Path) -> list[str]:
    """Every name in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


def breaking(error: BaseException, before: Callable[[], None] = lambda: None) -> Iterator[Track]:
    """Tracks that end in an error after the first one."""
    yield tracks()["jobs"][0]
    before()
    raise error


def test_parents_are_made(tmp_path: Path) -> None:
    """A bundle's parents are made, and nothing but the bundle is left beside it."""
    assert tmp_path / "a" / "b" / "x" == make(tmp_path / "a" / "b" / "x")
    assert left(tmp_path / "a" / "b") == ["x"]


def test_a_path_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target without a folder in front is written into the current one."""
    monkeypatch.chdir(tmp_path)
    make(Path("x"))
    assert sorted(NAMES) == left(tmp_path / "x")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("broken"), OSError(errno.ENOSPC, "No space left")])
def test_an_interrupted_write_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """Whatever stops a write, no bundle, no half of one and no folder made for it is left."""
    expected = TargetError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        write(tmp_path / "a" / "b" / "x", breaking(error))
    assert left(tmp_path) == []


def test_folders_that_others_use_stay(tmp_path: Path) -> None:
    """A folder made for a bundle that was not written stays where something else has been put into it."""
    with pytest.raises(ValueError, match="broken"):
        write(tmp_path / "a" / "x", breaking(ValueError("broken"), (tmp_path / "a" / "theirs").mkdir))
    assert left(tmp_path / "a") == ["theirs"]


def test_an_existing_bundle_is_kept_until_the_new_one_is_there(tmp_path: Path) -> None:
    """While its successor is being written a bundle can be read, and it stays if that fails."""
    target = make(tmp_path / "x")
    before = content(target)
    with pytest.raises(KeyboardInterrupt):
        write(target, breaking(KeyboardInterrupt(), lambda: read_bundle(target) and None), force=True)
    assert (before, ["x"]) == (content(target), left(tmp_path))


def test_force_replaces_a_bundle(tmp_path: Path) -> None:
    """With force a bundle takes the place of another, of which nothing is left."""
    target = make(tmp_path / "x")
    write(target, [], force=True)
    assert (left(tmp_path), read_bundle(target).manifest.counts["jobs"]) == (["x"], 0)


def test_without_force_nothing_is_replaced(tmp_path: Path) -> None:
    """An existing bundle is refused, before anything is done, in one line that names the flag."""
    target = make(tmp_path / "x")
    before = content(target)
    with pytest.raises(TargetError, match=r"^cannot write the bundle .*/x: it exists; use --force to replace it.*$"):
        write(target, breaking(AssertionError("must not be asked")))
    assert before == content(target)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("what", ["file", "folder", "dangling"])
def test_what_is_no_bundle_is_never_replaced(tmp_path: Path, what: str, *, force: bool) -> None:
    """A file, a folder of something else or a link to nowhere is refused, with force too."""
    target = tmp_path / "x"
    if what == "file":
        target.write_text("precious")
    elif what == "folder":
        target.mkdir()
        (target / "precious").mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(TargetError, match="something else is there, which is not replaced; choose another place"):
        write(target, [], force=force)
    assert left(tmp_path) == ["x"]


def test_what_lies_in_a_bundle_and_is_not_its_own_is_never_lost(tmp_path: Path) -> None:
    """With force too: notes, or a whole repository, are named before any work is done, and stay as they are."""
    target = make(tmp_path / "x")
    for name in (".git", "a", "b", "notes.txt"):
        (target / name).mkdir()
    before = left(target)
    with pytest.raises(TargetError) as refused:
        write(target, breaking(AssertionError("must not be asked")), force=True)
    assert str(refused.value) == (
        f"cannot replace the bundle {target}: it has '.git', 'a', 'b' and more in it, which is none of its files; "
        "move that elsewhere"
    )
    assert before == left(target)


def test_an_empty_folder_may_be_replaced(tmp_path: Path) -> None:
    """An empty folder is in nobody's way: with force it becomes the bundle."""
    (tmp_path / "x").mkdir()
    write(tmp_path / "x", [], force=True)
    assert sorted(NAMES) == left(tmp_path / "x")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """With force, what a link leads to is replaced, and the link is kept."""
    make(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", [], force=True)
    assert (tmp_path / "link").is_symlink()
    assert read_bundle(tmp_path / "real").manifest.counts["jobs"] == 0
    assert left(tmp_path) == ["link", "real"]


def failing_rename(monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException) -> None:
    """Make the n-th rename fail."""
    calls = iter(range(1, 100))
    rename = Path.rename

    def counted(self: Path, target: Path) -> Path:
        if next(calls) == nth:
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", counted)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("error", [OSError(errno.EACCES, "Permission denied"), KeyboardInterrupt()])
def test_a_failed_rename_puts_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException
) -> None:
    """If the new bundle cannot be put in place, the old one is where it was and nothing else is left."""
    target = make(tmp_path / "x")
    before = content(target)
    failing_rename(monkeypatch, nth, error)
    with pytest.raises((TargetError, KeyboardInterrupt)):
        write(target, [], force=True)
    assert (before, ["x"]) == (content(target), left(tmp_path))


def test_a_target_taken_meanwhile_is_not_touched(tmp_path: Path) -> None:
    """A bundle that somebody else has put there in the meantime stays."""

    def jobs() -> Iterator[Track]:
        make(tmp_path / "x")
        yield Track("j", {})

    with pytest.raises(TargetError, match="it exists"):
        write(tmp_path / "x", jobs())
    assert read_bundle(tmp_path / "x").manifest.generated
    assert left(tmp_path) == ["x"]


def test_what_a_killed_run_left_does_no_harm(tmp_path: Path) -> None:
    """Hidden folders of runs that were killed, even one of the same process number, are stepped around."""
    for number in range(2):
        (tmp_path / f".toolkit-{os.getpid()}-{number}").mkdir()
    make(tmp_path / "x")
    assert read_bundle(tmp_path / "x").manifest.generated


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A full or read-only disk is an error of one line that names the target and the reason."""

    def refuse(_fd: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(TargetError) as error:
        make(tmp_path / "a" / "x")
    reason = os.strerror(number).lower()
    assert f"cannot write the bundle {tmp_path}/a/x: {reason}; make room or choose another place" == str(error.value)
    assert left(tmp_path) == []


def test_a_parent_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    """A target below a file is an error of one line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetError, match=r"^cannot write the bundle .*/file/a/x: not a directory; [^\n]*$"):
        make(tmp_path / "file" / "a" / "x")


def test_a_name_that_no_disk_takes_is_one_line(tmp_path: Path) -> None:
    """A name that is too long is an error of one line."""
    with pytest.raises(TargetError, match=r"^cannot write the bundle [^\n]*file name too long[^\n]*$"):
        make(tmp_path / ("x" * 300))


def test_rubbish_that_cannot_be_removed_does_not_hide_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If cleaning up fails too, the error that is told is the first one."""
    monkeypatch.setattr(shutil, "rmtree", lambda _path, ignore_errors: ignore_errors)
    with pytest.raises(ValueError, match="broken"):
        write(tmp_path / "a" / "x", breaking(ValueError("broken")))


@pytest.mark.parametrize(
    ("ids", "why"),
    [
        (["a", "a"], "in jobs.json, 'a' is there twice; give each once, sorted by id"),
        (["b", "a\x1b"], r"in jobs.json, 'a\\x1b' comes after 'b'; give each once, sorted by id"),
    ],
)
def test_tracks_must_be_sorted(tmp_path: Path, ids: list[str], why: str) -> None:
    """Two tracks of one id, or tracks out of order, are not written."""
    with pytest.raises(BundleDamaged, match=why):
        write(tmp_path / "x", [Track(name, {}) for name in ids])
    assert left(tmp_path) == []


def test_tracks_are_streamed(tmp_path: Path) -> None:
    """Tracks are asked for one at a time, and not kept."""
    alive: list[int] = []

    class Counted(Track):
        """A track that says when it goes."""

        def __del__(self) -> None:
            alive.remove(int(self.id))

    def jobs() -> Iterator[Track]:
        for number in range(10_000, 11_000):
            alive.append(number)
            yield Counted(str(number), {})
            assert len(alive) <= 2

    write(tmp_path / "x", jobs())
    assert read_bundle(tmp_path / "x").manifest.counts["jobs"] == 1000


def test_files_have_ordinary_permissions(tmp_path: Path) -> None:
    """A bundle is readable by whoever the user's mask says, like any file they make."""
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "file").write_text("")
    target = make(tmp_path / "x")
    assert plain.stat().st_mode == target.stat().st_mode
    assert (plain / "file").stat().st_mode == (target / "jobs.json").stat().st_mode
