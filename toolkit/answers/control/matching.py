"""Which requests are as wanted, and in which parts others are not.

Headers, parameters and JSON are compared with what was sent, so that a test can see whether its client sent the right
credentials; a text is looked for only in the body as it is shown, which says nothing about what is masked.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.answers.control.masking import MASK, masked_value, names_credential
from toolkit.model.wire import loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.answers.control.reading import Noted
    from toolkit.model.requests import RequestMatcher


class Differs(NamedTuple):
    """One part of a request that is not as wanted, as it may be shown.

    Attributes:
        part: Which, such as `method` or `query.size`.
        wanted: What it should be.
        had: What it is, `None` if it is not there.
    """

    part: str
    wanted: Any
    had: Any


def path_matches(path: str, wanted: str) -> bool:
    """Tell whether a path is as wanted, `*` standing for anything."""
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), path, re.DOTALL) is not None


def differences(noted: Noted, wanted: RequestMatcher) -> list[Differs]:
    """Give the parts of a request that are not as wanted; none if it matches."""
    return list(_differences(noted, wanted))


def apart(path: str, wanted: str | None) -> int:
    """Give how many segments of a path are not as wanted."""
    if wanted is None:
        return 0
    pairs = zip_longest(path.split("/"), wanted.split("/"), fillvalue="")
    return sum(not path_matches(segment, one) for segment, one in pairs)


def _differences(noted: Noted, wanted: RequestMatcher) -> Iterator[Differs]:
    asked = noted.asked
    if wanted.method is not None and asked.method != wanted.method.upper():
        yield Differs("method", wanted.method, asked.method)
    if wanted.path is not None and not path_matches(noted.shown_path, wanted.path):
        yield Differs("path", wanted.path, noted.shown_path)
    for name, value in (wanted.query or {}).items():
        values = [value] if isinstance(value, str) else value
        if noted.query.get(name) != values:
            yield _named("query", name, value, _single(noted.query.get(name)))
    for name, text in (wanted.headers or {}).items():
        if noted.headers.get(name.lower()) != text:
            yield _named("headers", name, text, noted.headers.get(name.lower()))
    if wanted.body is not None and not _has_body(noted, wanted.body):
        yield Differs("body", masked_value(wanted.body), noted.shown_body)
    if wanted.status is not None and asked.status != wanted.status:
        yield Differs("status", wanted.status, asked.status)


def _named(part: str, name: str, wanted: Any, had: Any) -> Differs:  # noqa: ANN401 - a text or several
    if names_credential(name):
        return Differs(f"{part}.{name}", MASK, None if had is None else MASK)
    return Differs(f"{part}.{name}", masked_value(wanted), masked_value(had))


def _single(values: list[str] | None) -> list[str] | str | None:
    return values[0] if values is not None and len(values) == 1 else values


def _has_body(noted: Noted, wanted: Any) -> bool:  # noqa: ANN401 - JSON is what it is
    if isinstance(wanted, str):
        return wanted in noted.shown_body
    try:
        return is_within(wanted, loads(noted.asked.body))
    except (ValueError, RecursionError):
        return False


def is_within(wanted: Any, had: Any) -> bool:  # noqa: ANN401 - JSON is what it is
    """Tell whether JSON holds some other: the same values, and in objects perhaps more of them."""
    if isinstance(wanted, dict):
        return isinstance(had, dict) and all(key in had and is_within(one, had[key]) for key, one in wanted.items())
    if isinstance(wanted, list):
        return isinstance(had, list) and len(had) == len(wanted) and all(map(is_within, wanted, had))
    return type(wanted) is type(had) and bool(wanted == had)
