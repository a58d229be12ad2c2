"""A live cluster as a side of a comparison: one frame, read as the recorder reads it, and never written anywhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from toolkit.clock import wall_now
from toolkit.errors import RecordError
from toolkit.model.wire import loads
from toolkit.recorder.address import Address, parse_address
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.frames import FrameReader
from toolkit.study.sides import CLUSTER, Side
from toolkit.tracks.fold import Frame, fold, record_id, steps_of
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document
    from toolkit.recorder.access import Access
    from toolkit.recorder.frames import Seen


def read_clusters(
    urls: list[str], access: Callable[[Address], Access] | None = None, limits: Limits | None = None
) -> list[Side]:
    """Read one frame of each cluster, all at the same time.

    Args:
        urls: Their addresses.
        access: Says of each address how to get in.
        limits: How patient to be.

    Raises:
        UsageError: If an address is none, or what is needed to get in cannot be used.
        RecordError: If there is no cluster to read.
    """
    addresses = [parse_address(url) for url in urls]
    ways = [(address, access(address) if access else None) for address in addresses]
    try:
        return asyncio.run(_read_all(ways, limits or Limits()))
    except RecordError as error:
        # The recorder's parts speak of recording, which is not what was asked for.
        raise RecordError(str(error).replace("cannot record ", "cannot compare ", 1)) from None


async def _read_all(ways: list[tuple[Address, Access | None]], limits: Limits) -> list[Side]:
    return await asyncio.gather(*(_read(address, access, limits) for address, access in ways))


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
        docs: list[tuple[str, Document]] = [(key, loads(record)) for key, record in records]
        if source in KINDS:
            keyed = docs if source == "nodes" else [(record_id(source, doc), doc) for _, doc in docs]
            collections[source] = keyed
        else:
            collections[CLUSTER] += [(source, doc) for _, doc in docs]
    folded = fold(steps_of([Frame(seen.t, seen.skew_ms, collections, {})]))
    tracks = {name: list(made) for name, made in folded.tracks.items()}
    return TrackTimeline(tracks, seen.t, seen.t, folded.orders, folded.frames.instants)
