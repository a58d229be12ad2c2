"""What looks like a secret by its shape alone: known kinds of tokens, addresses, and texts that look drawn.

Pure. Every pattern reads a text once: what is before a mark such as `@` is never searched for.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from itertools import pairwise
from math import log2
from typing import Final

from toolkit.model.credentials import SHAPES

_AT: Final = re.compile(r"(?<=[A-Za-z0-9._%+-])@([A-Za-z0-9][A-Za-z0-9.-]{2,255})")
_V4: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])")
_V6: Final = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:.])")
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{32,}+(?![0-9A-Za-z])")
_RUN: Final = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9]{20,}")
_OURS: Final = tuple(map(ipaddress.ip_network, ("240.0.0.0/4", "127.0.0.0/8", "0.0.0.0/32", "fd00::/8", "::/127")))
"""Where our pseudonyms of addresses lie, and what is an address of nobody."""
_LONGEST_RUN: Final = 4_096
_ENTROPY: Final = 3.0
_MIXED: Final = 0.2
_VOWELS: Final = 0.12
_UUIDS: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def suspect(text: str) -> str | None:
    """Tell what a text holds that looks like a secret, in a few words and never the text; `None` if nothing does."""
    for what, mark, shape in SHAPES:
        if (mark in text or (mark == "b" and "B" in text)) and shape.search(text):
            return what
    if any(map(_is_mail_host, _AT.findall(text))):
        return "an e-mail address"
    if _addresses(text):
        return "an address"
    if any(any(map(str.isdigit, found)) for found in _HEX.findall(text)):
        return "a long hexadecimal number"
    if any(looks_drawn(run) for run in _RUN.findall(_UUIDS.sub(" ", text))):
        return "a text that looks drawn at random"
    return None


def looks_drawn(run: str) -> bool:
    """Tell whether letters and digits without blanks look drawn at random rather than written.

    Measured: drawn texts change between letters, digits and cases about every other letter, names a few times.
    """
    if len(run) > _LONGEST_RUN:
        return any(looks_drawn(run[start : start + _LONGEST_RUN]) for start in range(0, len(run), _LONGEST_RUN))
    if _is_mixed(run):
        return _changes(run) >= _MIXED and _entropy(run) >= _ENTROPY
    return any(_is_drawn_segment(segment) for segment in _SEGMENT.findall(run))


def _is_mixed(run: str) -> bool:
    return any(map(str.isupper, run)) and any(map(str.islower, run)) and any(map(str.isdigit, run))


def _is_drawn_segment(segment: str) -> bool:
    if _entropy(segment) < _ENTROPY:
        return False
    vowels = sum(letter in "aeiouyAEIOUY" for letter in segment) / len(segment)
    return _changes(segment) >= _MIXED or (vowels <= _VOWELS and segment.isalpha())


def _changes(run: str) -> float:
    """Give the share of neighbours that are of two kinds; the capital that starts a word does not count."""
    kinds = ["d" if letter.isdigit() else "u" if letter.isupper() else "l" for letter in run if letter.isalnum()]
    pairs = list(pairwise(kinds))
    return sum(a != b and (a, b) != ("u", "l") for a, b in pairs) / max(len(pairs), 1)


def _entropy(run: str) -> float:
    """Give the Shannon entropy of a text in bits a letter."""
    counts = Counter(run).values()
    return -sum(count / len(run) * log2(count / len(run)) for count in counts)


def _is_mail_host(text: str) -> bool:
    """Tell whether what follows an `@` is a host that is not one of our pseudonyms."""
    _, dot, last = text.rstrip(".-").rpartition(".")
    return bool(dot) and last.isalpha() and last != "example"


def _addresses(text: str) -> bool:
    found = _V4.findall(text) if text.count(".") >= 3 else []  # noqa: PLR2004 - dots of an address
    if text.count(":") >= 2:  # noqa: PLR2004 - the fewest colons of an address
        found += [one for one in _V6.findall(text) if "::" in one or one.count(":") == 7]  # noqa: PLR2004 - as above
    return any(map(_is_foreign, found))


def _is_foreign(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not any(address in network for network in _OURS)
