"""What a cluster lists, where, and what its answers must look like."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from toolkit.model.wire import loads
from toolkit.recorder.bodies import Cut, cut_list, cut_map, cut_object
from toolkit.recorder.pages import Entry

if TYPE_CHECKING:
    from collections.abc import Callable


class Source(NamedTuple):
    """One kind of thing a cluster lists.

    Attributes:
        name: What gaps and reports call it; a collection's name, or an id in the collection `cluster`.
        paths: Where it is, the first that exists counts.
        cut: Cuts an answer's body.
        id_field: The field that tells its records apart; empty if it has none.
        date_field: For a list that comes in pages, the date it goes by, newest first; else empty.
        needed: Whether every cluster has it: what has none of them is no cluster.
        optional: Whether a cluster may lack it.
    """

    name: str
    paths: tuple[str, ...]
    cut: Callable[[bytes], Cut] = cut_list
    id_field: str = ""
    date_field: str = ""
    needed: bool = False
    optional: bool = False

    def entries(self, cut: Cut) -> list[Entry]:
        """Give each record its key and its date."""
        if not self.id_field:
            return [Entry(key or self.name, "", text) for key, text in cut.records]
        read = _reader(self.id_field, self.date_field)
        return [Entry(*read(text), text) for _, text in cut.records]


INFO: Final = Source("info", ("/",), cut_object, optional=True)
SOURCES: Final = (
    INFO,
    Source("nodes", ("/v1/cluster/state",), cut_map, needed=True),
    Source("controllers", ("/v1/cluster/controllers", "/v1/cluster/slicers"), id_field="ex_id"),
    Source("jobs", ("/v1/jobs",), id_field="job_id", date_field="_updated", needed=True),
    Source("executions", ("/v1/ex",), id_field="ex_id", date_field="_updated", needed=True),
    Source("stats", ("/v1/cluster/stats",), cut_object, optional=True),
    Source("assets", ("/v1/assets",), id_field="id", date_field="_created", optional=True),
)
ERRORS: Final = Source("errors", (), id_field="slice_id", date_field="_updated", optional=True)
"""Error records, which each execution has a list of."""


@cache
def _reader(id_field: str, date_field: str) -> Callable[[bytes], tuple[str, str]]:
    """Make what finds a record's id and date without reading the rest of it."""
    wanted = [name for name in (id_field, date_field) if name]
    decode = picker(*wanted)

    def read(text: bytes) -> tuple[str, str]:
        found = decode(text)
        values = [value if isinstance(value, str) else "" for value in found]
        return values[0], values[1] if date_field else ""

    return read


def picker(*fields: str) -> Callable[[bytes], tuple[Any, ...]]:
    """Make what reads some fields of a record's text, `None` where one is missing."""
    numbered = [(f"field_{number}", Any, None) for number in range(len(fields))]
    renamed = {name: field for (name, _, _), field in zip(numbered, fields, strict=True)}
    decoder = msgspec.json.Decoder(msgspec.defstruct("Picked", numbered, rename=renamed))

    def pick(text: bytes) -> tuple[Any, ...]:
        try:
            return msgspec.structs.astuple(decoder.decode(text))
        except msgspec.DecodeError:
            # msgspec takes neither lone surrogates nor numbers beyond a double.
            record = loads(text)
            return tuple(record.get(field) for field in fields)

    return pick
