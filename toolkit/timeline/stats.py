"""The cluster's totals as they are answered: the same ones under two names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.model.wire import Document


def both_names(totals: Document) -> Document:
    """Give the answer made of totals; what a cluster answered as a whole, or nothing, stays as it is."""
    if "processed" not in totals:
        return totals
    return {"controllers": totals, "slicer": totals}
