"""Large files, whose lines are checked many at a time and by two processes: found and refused as one by one."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle.test_fuzz import PIECES
from toolkit.bundle import beside, listed, reader
from toolkit.bundle.beside import Ahead, working_beside
from toolkit.bundle.bulk import Read, is_plain, together
from toolkit.bundle.manifest import FILES, reach
from toolkit.bundle.reader import FileTracks, read_bundle, read_manifest
from toolkit.bundle.typed import line_check
from toolkit.errors import BundleError, InstantError
from toolkit.timeline.events import windows
from toolkit.tracks.outline import Outline, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

DEMO = Path(__file__).parents[2] / "snapshots" / "demo"
NAMES = sorted(FILES)
CHUNK = 5_000
"""So small that each file of the demo has several, and so large that one has several lines."""
_MANY = 10_000


@contextmanager
def as_large(*modules: ModuleType) -> Iterator[None]:
    """Take every file for a large one."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (reader, *modules):
            patch.setattr(module, "LARGE", 0)
        patch.setattr(listed, "_CHUNK", CHUNK)
        yield


def seen(path: Path, **options: Any) -> object:
    """Everything that a bundle answers at some instants, or what refuses it."""
    try:
        timeline = read_bundle(path, **options).timeline
    except (BundleError, InstantError) as error:
        return str(error)
    found: list[object] = [list(timeline.changes(timeline.first - 1, timeline.last)), timeline.erring()]
    found.append(list(windows(timeline, timeline.first, timeline.last)))
    for t in (timeline.first, (timeline.first + timeline.last) // 2, timeline.last):
        view = timeline.at(t)
        lists = [view.jobs(0, _MANY), view.deleted_jobs(0, _MANY), view.controllers(), view.assets()]
        lists += [view.executions(0, _MANY), view.deleted_executions(0, _MANY), *map(view.errors, timeline.erring())]
        found += [(held.until, [record.text for record in held.value]) for held in lists]
        for job in view.jobs(0, _MANY).value:
            latest = view.latest_execution(job.fields["job_id"]).value
            found.append(None if latest is None else latest.text)
    return found


def files(path: Path) -> dict[str, FileTracks]:
    """Open the files of a generated bundle."""
    manifest = read_manifest(path)
    dates = reach(manifest)
    checks = {name: line_check(kind, dates.first, dates.last, generated=True) for name, kind in FILES.items()}
    return {name: FileTracks(path, name, check) for name, check in checks.items()}


@pytest.mark.parametrize("name", ["executions.json", "errors.json", "jobs.json"])
def test_what_stands_still_comes_many_at_a_time(name: str) -> None:
    """In large files most outlines are in columns, in order, and the others are where they belong."""
    file = files(DEMO)[name]
    with as_large():
        runs = list(file.runs())
        many = [run for run in runs if isinstance(run, Standing)]
        assert sum(len(run.ids) for run in many) > len(list(file.outlines())) / 2
        ids = [one.id for one in file.outlines()]
        assert ids == sorted(set(ids))
        assert ids == [file[place].id for place in range(len(ids))]
        assert [one.id for run in runs for one in (run.outlines() if isinstance(run, Standing) else [run])] == ids


@pytest.mark.parametrize("options", [{}, {"allow_edited": True}, {"rebase_to": 1_900_000_000_000}])
def test_a_large_bundle_answers_alike(options: dict[str, Any]) -> None:
    """Nothing in any answer tells how the lines were checked."""
    one_by_one = seen(DEMO, **options)
    with as_large():
        assert seen(DEMO, **options) == one_by_one


SPOILT = st.tuples(st.sampled_from(NAMES), st.integers(0, 10**6), st.integers(0, 30), st.sampled_from(PIECES))


@settings(deadline=None, max_examples=150)
@given(st.lists(SPOILT, min_size=1, max_size=2), st.sampled_from([{}, {"rebase_to": 1_900_000_000_000}]))
def test_damage_is_found_alike(spoilt: list[tuple[str, int, int, bytes]], options: dict[str, Any]) -> None:
    """Whatever bytes are put anywhere, the refusal is word for word the same, and so is every answer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copytree(DEMO, Path(folder) / "x"))
        for name, place, length, piece in spoilt:
            text = (path / name).read_bytes()
            start = place % len(text)
            (path / name).write_bytes(text[:start] + piece + text[start + length :])
        one_by_one = seen(path, allow_edited=True, **options)
        with as_large():
            assert seen(path, allow_edited=True, **options) == one_by_one


OPEN_FILES = Path("/proc/self/fd")


def spoil(path: Path, name: str, before: str, after: str) -> Path:
    """Copy the demo and change a text in one of its files."""
    shutil.copytree(DEMO, path)
    text = (path / name).read_text()
    assert before in text
    (path / name).write_text(text.replace(before, after, 1))
    return path


def main(folder: str) -> None:
    """Read bundles with a second process; run in one of its own, since this one may have other threads."""
    place = Path(folder)
    os.sched_getaffinity = lambda _pid: {0, 1}  # the machine may have one core only
    results: list[bool] = []
    result = Ahead.result

    def noted(ahead: Ahead) -> Read | None:
        found = result(ahead)
        results.append(found is not None)
        return found

    Ahead.result = noted  # type: ignore[method-assign]

    def alike(path: Path, *, finds: list[bool], **options: Any) -> None:
        one_by_one = seen(path, **options)
        results.clear()
        gc.collect()
        open_files = len(list(OPEN_FILES.iterdir()))
        with as_large(beside):
            assert seen(path, **options) == one_by_one
        gc.collect()
        assert len(list(OPEN_FILES.iterdir())) == open_files
        assert results == finds
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    alike(DEMO, finds=[True])
    alike(DEMO, finds=[True], allow_edited=True)
    alike(DEMO, finds=[True], rebase_to=1_900_000_000_000)
    for name in NAMES:
        with as_large(beside):
            ahead = Ahead(files(DEMO), name, hashing=True)
        assert ahead.result() is not None, name
        assert ahead.digests() == read_manifest(DEMO).files
        ahead.end()
    largest = max(NAMES, key=lambda name: (DEMO / name).stat().st_size)
    alike(spoil(place / "a", largest, '"retry_count":3', '"retry_count":-3'), finds=[False])
    alike(spoil(place / "b", largest, '"retry_count":3', '"retry_count":2'), finds=[True])
    alike(spoil(place / "c", largest, '"retry_count":3', '"retry_count":2'), finds=[True], allow_edited=True)
    alike(spoil(place / "d", "jobs.json", '"_context":"job"', '"_context":"bob"'), finds=[])
    alike(spoil(place / "e", "jobs.json", '"workers":', '"worker":'), finds=[True])

    def killed(*_: object) -> None:
        os._exit(9)

    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, "no more")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "_go_through", killed)
        alike(DEMO, finds=[False])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fork", refused)
        alike(DEMO, finds=[])
    # As a parent may have it, and hand it down: children that end are forgotten.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    alike(DEMO, finds=[False])
    alike(spoil(place / "f", "jobs.json", '"_context":"job"', '"_context":"bob"'), finds=[])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no second process")
def test_a_second_process_finds_the_same(tmp_path: Path) -> None:
    """What the process finds, its digests and its refusals are ours; if it dies we do without, and none is left."""
    code = f"from tests.bundle.test_large import main; main({str(tmp_path)!r})"
    # Else numpy, once it is there, has threads of its own, and the process is not copied any more.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may hold a lock, which nobody would ever let go of in the copy."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with as_large(beside), working_beside(files(DEMO), hashing=True) as work:
            assert all(isinstance(source, FileTracks) for source in work.sources.values())
            assert work.digests() == read_manifest(DEMO).files
    finally:
        done.set()
        thread.join()


PLAIN = b'{"a":[1]},\n'


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        (PLAIN, True),
        (b'"\\n u",\n', True),
        (b'"\\u0041",\n', False),
        ('"ä",\n'.encode(), False),
        (b"[" * 9 + b",\n", True),
        (b"[{" * 5 + b",\n", True),
        (b"[{" * 5 + b"{,\n", False),
        (b"]}" * 50 + b",\n", True),
    ],
)
def test_plain_lines(line: bytes, *, plain: bool) -> None:
    """Lines are plain if each is: wherever the odd one is, and however few brackets the others have."""
    for before, after in ((0, 0), (0, 30), (30, 0), (30, 30)):
        lines = [*[PLAIN] * before, line, *[PLAIN] * after]
        starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
        assert is_plain(b"".join(lines), starts, 10) is plain


def test_runs_are_put_together() -> None:
    """Columns grow by what follows them, single outlines stay between."""
    single = Outline("c", ((0, ("x",)),), [], changing=True)
    runs = [Standing(["a"], (["1"],)), Standing(["b"], (["2"],)), single, single, Standing(["d"], (["3"],))]
    assert together(runs) == [Standing(["a", "b"], (["1", "2"],)), single, single, Standing(["d"], (["3"],))]
    assert together([]) == []
