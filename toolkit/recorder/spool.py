"""What was seen of each record, sorted by record, on disk: so that a recording of any length folds in little memory."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, Self

from msgspec import UNSET

from toolkit.model.wire import dumps, loads, verbatim
from toolkit.tracks.track import Change, Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from toolkit.tracks.track import AnyChange

NAME: Final = "finish.sqlite"


class Spool:
    """Rows of `toolkit.tracks.fold` in a file of their own, removed at the end; a full disk is a `sqlite3.Error`."""

    def __init__(self, folder: Path) -> None:
        """Name the folder that the file is made in."""
        self._path = folder / NAME

    def __enter__(self) -> Self:
        """Make the file; one that a killed process left is made anew."""
        self._path.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._path, isolation_level=None)
        # It is made again from the journal if anything happens to it.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -16384"):
            self._db.execute(f"PRAGMA {setting}")
        self._db.execute(
            "CREATE TABLE row (name TEXT, id BLOB, frame INTEGER, change BLOB, PRIMARY KEY (name, id, frame))"
            " WITHOUT ROWID"
        )
        self._db.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the file."""
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, name: str, record_id: str, frame: int, change: AnyChange | None) -> None:
        """Keep a row."""
        text = None if change is None else dumps([change.t, _parts(change)])
        self._db.execute("INSERT INTO row VALUES (?, ?, ?, ?)", (name, _key(record_id), frame, text))

    def ids(self, name: str) -> Iterator[str]:
        """Give the ids of a collection's records, sorted."""
        rows = self._db.execute("SELECT DISTINCT id FROM row WHERE name = ? ORDER BY id", (name,))
        return (key.decode("utf-8", "surrogatepass") for (key,) in rows)

    def of(self, name: str, record_id: str) -> Iterator[tuple[int, Change | None]]:
        """Give a record's rows, by frame."""
        rows = self._db.execute(
            "SELECT frame, change FROM row WHERE name = ? AND id = ? ORDER BY frame", (name, _key(record_id))
        )
        return ((frame, None if text is None else _change(text)) for frame, text in rows)


def _key(record_id: str) -> bytes:
    """Write an id so that the bytes' order is that of the text."""
    return record_id.encode("utf-8", "surrogatepass")


def _parts(change: AnyChange) -> list[object]:
    if isinstance(change, Written):
        return [verbatim(change.text)]
    return [change.set, change.unset] if change.doc is UNSET else [change.doc]


def _change(text: bytes) -> Change:
    t, parts = loads(text)
    return Change(t, doc=parts[0]) if len(parts) == 1 else Change(t, set=parts[0], unset=parts[1])
