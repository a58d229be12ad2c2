"""What each story does when its turn comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.world.session.stories import nodes, single

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.world.session.session import Session, Told

_TELLERS: Final[dict[str, Callable[[Session, int, dict[str, Any]], Told]]] = {
    "node-loss": nodes.lose,
    "workers-drop": single.drop_workers,
    "stuck-slicer": single.stick_slicer,
    "rolling-restart": nodes.restart,
    "failing-job": single.fail_job,
    "backlog": single.back_up,
}


def tell(session: Session, t: int, entry: dict[str, Any]) -> None:
    """Let a story begin at `t`; one that finds nothing to touch changes nothing."""
    session.told.append((t, _TELLERS[entry["story"]](session, t, entry)))
