"""A live cluster as a side of a comparison: one frame, read as the recorder reads it, and never written anywhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from toolkit.clock import wall_now
from toolkit.errors import RecordError, UsageError
from toolkit.model.wire import loads
from toolkit.recorder.address import Address, parse_address
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.frames import FrameReader
from toolkit.study.sides import CLUSTER, Side
from toolkit.tracks.fold import Frame, fold, record_id, steps_of
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.recorder.access import Access
    from toolkit.recorder.frames import Seen


def read_clusters(urls: list[str], access: Access | None = None, limits: Limits | None = None) -> list[Side]:
    """Read one frame of each cluster, all at the same time.

    Args:
        urls: Their addresses; credentials in them are used and never shown.
        access: How to get in.
        limits: How patient to be.

    Raises:
        UsageError: If an address is none.
        RecordError: If there is no cluster to read.
    """
    try:
        addresses = [parse_address(url) for url in urls]
        return asyncio.run(_read_all(addresses, access, limits or Limits()))
    except (UsageError, RecordError) as error:
        # The recorder's parts speak of recording, which is not what was asked for.
        raise type(error)(str(error).replace("cannot record ", "cannot compare ", 1)) from None


async def _read_all(addresses: list[Address], access: Access | None, limits: Limits) -> list[Side]:
    return await asyncio.gather(*(_read(address, access, limits) for address in addresses))


async def _read(address: Address, access: Access | None, limits: Limits) -> Side:
    async with Client(address, limits, access) as client:
        seen = await FrameReader(client, address.shown).read(wall_now())
    unknown = {name: why for name, why in seen.gaps.items() if name not in seen.records}
    unknown |= dict.fromkeys(seen.absent, "the cluster does not have it")
    unknown["errors"] = "error records of a live cluster are not read"
    partly = sorted({*(seen.gaps.keys() & seen.records.keys()), *seen.cut})
    notes = [f"could not read all of {name}: what it gave is compared" for name in partly]
    return Side(address.shown, "live", timeline_of(seen), seen.t, unknown=unknown, notes=notes)


def timeline_of(seen: Seen) -> TrackTimeline:
    """Make a timeline of one instant out of what a cluster showed."""
    collections: dict[str, list[tuple[str, Document]]] = {CLUSTER: []}
    for source, records in seen.records.items():
        docs = [(key, _document(record)) for key, record in records]
        if source in KINDS:
            keyed = docs if source == "nodes" else [(record_id(source, doc), doc) for _, doc in docs]
            collections[source] = keyed
        else:
            collections[CLUSTER] += [(source, doc) for _, doc in docs]
    folded = fold(steps_of([Frame(seen.t, seen.skew_ms, collections, {})]))
    tracks = {name: list(made) for name, made in folded.tracks.items()}
    return TrackTimeline(tracks, seen.t, seen.t, folded.orders, folded.frames.instants)


def _document(record: Any) -> Document:  # noqa: ANN401 - JSON is what it is
    """Give a record as a document; it may come as its text."""
    document: Document = loads(record) if isinstance(record, bytes) else record
    return document
