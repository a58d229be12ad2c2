"""Assets: those of the generated world, and what clients saved and deleted, by instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.model.instants import format_instant
from toolkit.timeline.view import NEVER, Record

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.world import World


class Asset(NamedTuple):
    """An asset, from when to when, and the operations in it."""

    since: int
    until: int
    record: Record
    operations: tuple[str, ...]


class Assets:
    """The assets of one session.

    Attributes:
        every: Every asset there ever is, oldest first.
        times: The instants at which one was saved or deleted.
    """

    def __init__(self, world: World) -> None:
        """Begin with the world's own."""
        self.every = [Asset(world.epoch, NEVER, record, names) for record, names in reversed(world.saved_assets)]
        self.times: list[int] = []

    def at(self, t: int) -> list[Asset]:
        """Give the assets at an instant, newest first."""
        there = [asset for asset in self.every if asset.since <= t < asset.until]
        there.sort(key=lambda asset: str(asset.record.fields["id"]))
        return sorted(there, key=lambda asset: str(asset.record.fields["_created"]), reverse=True)

    def save(self, t: int, document: Document, operations: tuple[str, ...]) -> None:
        """Add an asset, unless it is there."""
        if all(asset.record.fields["id"] != document["id"] for asset in self.at(t)):
            saved = {"_created": format_instant(t), **document}
            self.every.append(Asset(t, NEVER, Record(saved), operations))
            self.times.append(t)

    def drop(self, t: int, asset_id: str) -> None:
        """Delete an asset, if it is there."""
        for place, asset in enumerate(self.every):
            if asset.record.fields["id"] == asset_id and asset.since <= t < asset.until:
                self.every[place] = asset._replace(until=t)
                self.times.append(t)
