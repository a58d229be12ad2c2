"""What redaction leaves as it is: the part of a record that a redacted and an unredacted recording have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.wire import dumps
from toolkit.recorder.allowed import KINDS
from toolkit.recorder.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.study.fields import Path

_KEY: Final = b"any key does: only what a pseudonym replaces is asked"
_UNKNOWN_KIND: Final = "data"


class Kept:
    """Tells which fields redaction would change or has changed."""

    def __init__(self) -> None:
        """Make a redactor of its own."""
        self._redactor = Redactor(_KEY)

    def veiled(self, collection: str, record_id: str, doc: Document) -> frozenset[Path]:
        """Give the paths of what redaction drops or replaces; what is inside them is not listed.

        A pseudonym is replaced too, as nothing tells it from a name, so this works on both sides of a comparison.
        """
        kind = record_id if collection == "cluster" else collection
        redacted = self._redactor.document(kind if kind in KINDS else _UNKNOWN_KIND, doc)
        return frozenset(_veiled(doc, redacted, ()))


def _veiled(before: Any, after: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401 - JSON is what it is
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from _veiled(value, after[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _veiled(one, other, (*path, place))
    elif dumps(before) != dumps(after):
        yield path
