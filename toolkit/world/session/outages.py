"""The times at which nodes are away, and what the cluster state shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.placement import Placement

_RESTARTED = 2**51
"""What keys the pids of node masters, as in `Placement.node`."""


class Outage(NamedTuple):
    """One time at which a node is away.

    Attributes:
        node: Its number.
        since: From when on; until `gone` the state shows it as it was, disconnected.
        gone: From when on the state does not show it at all.
        back: When it is back, with other processes.
    """

    node: int
    since: int
    gone: int
    back: int

    def edges(self) -> list[int]:
        """Give the instants at which something changes of the node, in order."""
        return sorted({t for t in (self.since, self.gone, self.back) if t < NEVER})


class Outages:
    """Every outage of a session, in their order."""

    def __init__(self, placement: Placement) -> None:
        """Begin with none."""
        self._placement = placement
        self._of: dict[int, list[Outage]] = {}

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._of)

    def add(self, outage: Outage) -> None:
        """Note one; it begins after the node's last one has ended."""
        self._of.setdefault(outage.node, []).append(outage)

    def is_away(self, node: int, t: int) -> bool:
        """Tell whether a node is away at `t`."""
        return any(outage.since <= t < outage.back for outage in self._of.get(node, ()))

    def shown(self, node: int, document: Document, t: int) -> Document | None:
        """Give a node's document as it is at `t`, made from one of a connected node; `None` while it is not shown."""
        for times, outage in enumerate(self._of.get(node, ()), 1):
            if outage.gone <= t < outage.back:
                return None
            if outage.since <= t < outage.gone:
                document = document | {"state": "disconnected"}
            if outage.back <= t:
                document = document | {"pid": self._placement.pid(node, _RESTARTED + times)}
        return document

    def edges(self, node: int) -> list[int]:
        """Give the instants at which something changes of a node."""
        return sorted({t for outage in self._of.get(node, ()) for t in outage.edges()})

    def stretches(self, node: int, since: int) -> list[tuple[int, int]]:
        """Give the stretches from an instant on in which the state shows a node."""
        found = []
        for outage in self._of.get(node, ()):
            if outage.gone < outage.back:
                found.append((since, outage.gone))
                since = outage.back
        return [*found, (since, NEVER)]
