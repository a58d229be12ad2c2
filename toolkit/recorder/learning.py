"""Learning pseudonyms from a recording whose key is gone: from records as they are now and as they were redacted.

Pure. A record is redacted once more with marks in the place of pseudonyms; where everything else is as it was, what
stands at the marks in the record of before is the pseudonym of the text that the mark was made of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from toolkit.recorder.pseudonyms import Made, Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MARK: Final = re.compile("\ue000([0-9]{1,9})\ue001")
_LETTERS: Final = re.compile(r"[a-z]+")
_SHAPES: Final = {
    "v4": r"(?:10|2[45][0-9])(?:\.[0-9]{1,3}){3}",
    "v6": r"fd00::[0-9a-f:]{1,20}",
    "uuid": r"[0-9a-f-]{36}",
    "pod": r"[a-z0-9-]{5,16}",
}


class Learned:
    """The pseudonyms of before that are used again.

    Attributes:
        known: By what they stand for. One that stands for two texts, or a text that has two, is in doubt and left out.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.known: dict[Made, str] = {}
        self._first: dict[Made, str] = {}
        self._stands: dict[str, Made] = {}

    def take(self, found: Iterable[tuple[Made, str]]) -> None:
        """Take pseudonyms that were found in records."""
        for made_of, old in found:
            new = made_of not in self._first and old not in self._stands
            before, other = self._first.setdefault(made_of, old), self._stands.setdefault(old, made_of)
            if new:
                self.known[made_of] = old
            elif before != old or other != made_of:
                self.known.pop(made_of, None)
                self.known.pop(other, None)


class Marks(Pseudonyms):
    """Makes marks instead of pseudonyms, and remembers what each is made of."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__(b"")
        self._places: dict[Made, int] = {}
        self._made: list[tuple[Made, str]] = []

    def read(self, marked: str, before: str) -> list[tuple[Made, str]] | None:
        """Read the pseudonyms out of a text of before; `None` if it is another text than the marked one."""
        parts = _MARK.split(marked)
        places = [int(place) for place in parts[1::2]]
        if any(place >= len(self._made) for place in places):
            return None
        wanted = [self._made[place] for place in places]
        shapes = [f"({shape})" for _, shape in wanted]
        pattern = "".join(re.escape(text) + shape for text, shape in zip(parts[::2], [*shapes, ""], strict=True))
        found = re.fullmatch(pattern, before)
        return None if found is None else [(made, old) for (made, _), old in zip(wanted, found.groups(), strict=True)]

    def _mark(self, made_of: Made, shape: str) -> str:
        place = self._places.setdefault(made_of, len(self._made))
        if place == len(self._made):
            self._made.append((made_of, shape))
        return f"\ue000{place}\ue001"

    def _free(self, made_of: Made, stem: str, make: Callable[[bytes], str]) -> str:
        del stem
        example = re.escape(make(bytes(32)))
        shape = _LETTERS.sub(lambda found: f"[a-z]{{{len(found[0])}}}", example)
        return self._mark(made_of, _SHAPES.get(made_of.shape, shape))

    def _v4(self, address: int) -> str:
        return self._mark(Made("v4", str(address)), _SHAPES["v4"])


def compared(marks: Marks, marked: Any, before: Any) -> list[tuple[Made, str]] | None:  # noqa: ANN401 - JSON
    """Compare a marked value with one of before; give the pseudonyms in it, or `None` if it is another value."""
    if isinstance(marked, str) and isinstance(before, str):
        return marks.read(marked, before)
    pairs: list[tuple[Any, Any]] = []
    if isinstance(marked, dict) and isinstance(before, dict):
        pairs = [*zip(marked, before, strict=False), *zip(marked.values(), before.values(), strict=False)]
    elif isinstance(marked, list) and isinstance(before, list):
        pairs = list(zip(marked, before, strict=False))
    elif type(marked) is type(before) and marked == before:
        return []
    else:
        return None
    if len(marked) != len(before):
        return None
    found: list[tuple[Made, str]] = []
    for one, other in pairs:
        inside = compared(marks, one, other)
        if inside is None:
            return None
        found += inside
    return found
