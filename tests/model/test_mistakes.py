"""What is said of a record that cannot be read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from toolkit.model.faults import Drip, Fault
from toolkit.model.mistakes import Mistake, mistake_of


@pytest.mark.parametrize(
    ("kind", "document", "mistake"),
    [
        (Fault, {"rat": 1}, Mistake("", "no field is called `rat`; did you mean rate?")),
        (Drip, {"zzz": 1}, Mistake("", "no field is called `zzz`; there are bytes_per_second, lasts")),
        (Fault | list[Fault], [{"rat": 1}], Mistake("[0]", "no field is called `rat`; did you mean rate?")),
        (Fault, {"form": 1}, Mistake("", "no field is called `form`; did you mean from?")),
        (Fault, {"answer": "trunc"}, Mistake("answer", "invalid enum value 'trunc'; write one of reset, empty, "
         "truncated, invalid_json, hang")),
        (Fault, {"drip": {"last": 1}}, Mistake("drip", "object contains unknown field `last`")),
        (Fault, {"status": 200}, Mistake("status", "expected `int` >= 400")),
        (int, "x", Mistake("", "expected `int`, got `str`")),
    ],
)  # fmt: skip
def test_a_mistake_says_where_and_what_to_write(kind: Any, document: object, mistake: Mistake) -> None:
    """The field as JSON has it, and why; a name that is alike, or all there are."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(document, kind)
    assert mistake_of(caught.value, kind) == mistake
