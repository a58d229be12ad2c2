"""Reading the bodies of a cluster's answers."""

from __future__ import annotations

from typing import Any

from toolkit.model.wire import dumps, loads
from toolkit.recorder.fault import Fault

_SPARE_DEPTH = 8
"""How many levels a journal and a bundle put around a document."""


def read_json(body: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read a body that must be JSON.

    Raises:
        Fault: If it is not, or is nested too deep to be stored.
    """
    if not body.strip():
        reason = "an empty answer"
        raise Fault(reason, again=True)
    if body.lstrip()[:1] == b"<":
        reason = "HTML instead of JSON"
        raise Fault(reason)
    try:
        value = loads(body)
        inside = value
        for _ in range(_SPARE_DEPTH):
            inside = [inside]
        dumps(inside)
    except RecursionError:
        reason = "JSON that is nested too deep"
        raise Fault(reason) from None
    except ValueError:
        reason = "an answer that is not JSON"
        raise Fault(reason, again=True) from None
    except TypeError:
        # What was read is JSON, so that writing it can only fail for its depth.
        reason = "JSON that is nested too deep"
        raise Fault(reason) from None
    return value
