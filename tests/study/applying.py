"""Applying what a difference reports, to see that it reports all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.study.fields import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.study.fields import FieldChange


def applied(doc: Any, changes: Iterable[FieldChange]) -> Any:
    """Change a document in place, and give it; the last removed entry of a list goes first."""
    changes = list(changes)
    removed = [change for change in changes if change.after is MISSING]
    for change in [*reversed(removed), *(change for change in changes if change.after is not MISSING)]:
        holder = doc
        for step in change.path[:-1]:
            holder = holder[step]
        last = change.path[-1]
        if change.after is MISSING:
            del holder[last]
        elif isinstance(holder, list) and last == len(holder):
            assert change.before is MISSING
            holder.append(change.after)
        else:
            holder[last] = change.after
    return doc
