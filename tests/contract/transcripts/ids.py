"""Ids: those of the recording, and those that the cluster gave for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{40}\b")
NODE = re.compile(r"\bts-(?:master|worker-1)\b")
NEW = ("job_id", "ex_id", "asset_id")
"""Members of an answer that say the id of something new."""
NOBODY = "00000000-0000-4000-8000-000000000000"
"""The id that the recording uses for what there is not."""


class Ids:
    """What each recorded id is here.

    Attributes:
        strays: Ids of this cluster that nothing in the recording stands for; records of theirs are not compared.
    """

    def __init__(self, made: Iterable[str] = ()) -> None:
        """Know nothing yet.

        Args:
            made: Recorded ids that are made while playing; records of others are not compared.
        """
        self._made = frozenset(made)
        self._here: dict[str, str] = {NOBODY: NOBODY}
        self.strays: set[str] = set()

    def bind(self, recorded: str, here: str) -> None:
        """Note what a recorded id is here; the first note counts."""
        self._here.setdefault(recorded, here)

    def here(self, recorded: str) -> str | None:
        """Give what a recorded id is here; `None` if that is not known."""
        return self._here.get(recorded)

    def knows(self, recorded: str) -> bool:
        """Tell whether a recorded id stands for something here, or should."""
        return recorded in self._made or recorded in self._here

    def translate(self, text: str) -> str:
        """Give a recorded text as it would read here: every id and node that is known replaced."""
        text = ID.sub(lambda found: self._here.get(found[0], found[0]), text)
        return NODE.sub(lambda found: self._here.get(found[0], found[0]), text)

    def learn(self, recorded: object, answered: object) -> None:
        """Note the ids of what a command made, in its recorded answer and in the one got here.

        What was made here only, because the recorded command was refused, is a stray.
        """
        for key in NEW:
            new = answered.get(key) if isinstance(answered, dict) else None
            if not isinstance(new, str):
                continue
            if isinstance(recorded, dict) and isinstance(recorded.get(key), str):
                self.bind(recorded[key], new)
            elif new not in self._here.values():
                self.strays.add(new)
