"""OpenSearch's refusals in Teraslice's words."""

from __future__ import annotations

import re
from typing import Final, NoReturn

_LONGEST: Final = 3_000
_LETTER: Final = re.compile(r"\w", re.ASCII)


class QueryRefused(Exception):
    """A search that OpenSearch refuses.

    Attributes:
        message: What Teraslice makes of the reason.
    """

    def __init__(self, kind: str, reason: str) -> None:
        """Refuse a search.

        Args:
            kind: OpenSearch's name for the error.
            reason: OpenSearch's reason, as it says it.
        """
        self.message = titled(f"search_phase_execution_exception: [{kind}] Reason: {reason}")
        super().__init__(self.message)


def refuse(reason: str, kind: str = "query_shard_exception") -> NoReturn:
    """Refuse a search.

    Raises:
        QueryRefused: Always.
    """
    raise QueryRefused(kind, reason) from None


def cannot_parse(text: str) -> NoReturn:
    """Say that a text is no Lucene query."""
    refuse(f"Failed to parse query [{text}]")


def cannot_create(reason: str) -> NoReturn:
    """Say that a query cannot be run."""
    refuse(f"failed to create query: {reason}")


def titled(text: str) -> str:
    """Word an OpenSearch error as Teraslice does.

    Source: observed, and Teraslice's own code: `_exception` goes, underscores become blanks, every word begins with a
    capital (its first letter or digit, brackets aside), a word that repeats the one before it in brackets goes; cut at
    3,000 characters.
    """
    words = text.split(" ")
    said = [None, *(f"[{one.replace(':', '', 1)}]" for one in words)]
    kept = [one for one, before in zip(words, said, strict=False) if one != before]
    plain = re.sub("_exception", "", " ".join(kept), flags=re.IGNORECASE).replace("_", " ")
    message = "OpenSearch Error: " + " ".join(
        _LETTER.sub(lambda found: found[0].upper(), one, count=1) for one in plain.split(" ")
    )
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} ..."
