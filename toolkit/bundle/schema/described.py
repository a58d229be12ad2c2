"""What every field of a bundle's own types means, in plain words, and what a type alone cannot say of it."""

from __future__ import annotations

from typing import Any, Final

from toolkit.bundle.manifest import FILES, MAJOR
from toolkit.tracks.kinds import KINDS

Extra = dict[str, Any]

_DATE: Final[Extra] = {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:?\d\d)?$"}
_COLLECTIONS: Final[Extra] = {"propertyNames": {"enum": list(KINDS)}}
_DIGEST: Final[Extra] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_RUNS: Final[Extra] = {
    "$comment": "Whole numbers in a row: 10*3 12 is 10 three times, then 12.",
    "pattern": r"^(-?[0-9]+(\*[1-9][0-9]*)?( -?[0-9]+(\*[1-9][0-9]*)?)*)?$",
}
_COUNT: Final[Extra] = {"type": "integer", "minimum": 0}

FIELDS: Final[dict[str, dict[str, tuple[str, Extra]]]] = {
    "Manifest": {
        "format": ("Major and minor number of the format.", {"pattern": rf"^{MAJOR}\.\d{{1,9}}$"}),
        "origin": (
            "Where the records come from; `generated` and `recorded` bundles each say more about it.",
            {
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["generated", "recorded"]},
                    "recorded": {
                        "description": (
                            "When the last frame was taken, by the clock of the machine that did; `to` is the "
                            "cluster's. Recordings only, those of earlier versions do not say it."
                        ),
                        "type": "string",
                        **_DATE,
                    },
                },
            },
        ),
        "from": ("The first instant that can be asked for, as a date.", _DATE),
        "to": ("The last one.", _DATE),
        "counts": ("How many tracks each file has.", {**_COLLECTIONS, "additionalProperties": _COUNT}),
        "files": (
            "The SHA-256 of each other file.",
            {
                "required": list(FILES),
                "minProperties": len(FILES),
                "maxProperties": len(FILES),
                "additionalProperties": _DIGEST,
            },
        ),
        "frames": ("A recording's frames, the first at the first instant: in between, the last one holds.", {}),
        "part": (
            "Which part of a bundle it is; missing in a whole one. Parts are for `toolkit merge`.",
            {},
        ),
        "gaps": ("What frames in a row lack, and why.", {}),
        "orders": ("Lists that came in another order than their sort's, by collection.", _COLLECTIONS),
    },
    "FramesMark": {
        "steps_ms": ("From one frame to the next, in milliseconds.", _RUNS),
        "skews_ms": ("By frame, milliseconds from the first answer to the last.", _RUNS),
    },
    "PartMark": {
        "number": ("Which part, from 1.", {"minimum": 1}),
        "of": ("How many parts the bundle has.", {"minimum": 1}),
    },
    "GapMark": {
        "source": ("What is missing: a list of the cluster, such as executions.", {}),
        "reason": ("Why.", {}),
        "from": ("The first frame that lacks it, as a date.", _DATE),
        "to": ("The last one.", _DATE),
        "frames": ("How many frames lack it.", {"minimum": 0}),
    },
    "OrderMark": {
        "t": ("From when on, as a date.", _DATE),
        "placed": (
            (
                "Records that are not where the sort has them, each with the one it comes right after; "
                "null is the front. What an earlier entry placed stays so."
            ),
            {},
        ),
        "freed": ("Records that an earlier entry placed and that are where the sort has them again.", {}),
    },
    "Track": {
        "id": ("The record's id; unique in its file, and the file is sorted by it.", {"minLength": 1}),
        "doc": (
            (
                "The record at the track's start, as Teraslice answers it, its keys in wire order. "
                "Where counters, lists and counts are, it has a placeholder."
            ),
            {},
        ),
        "changes": ("What becomes of the document, ascending; later ones build on earlier ones.", {}),
        "counters": (
            (
                "By field, or by JSON Pointer inside one: whole numbers that move by themselves. "
                "Only a recording's deltas may fall."
            ),
            {},
        ),
        "lists": ("By field: lists whose entries each have a time of existence.", {}),
        "counts": ("By field: [base, list]: the base less the entries of that list, never below 0.", {}),
        "spans": (
            (
                "When the record exists: [from, to), in milliseconds since the Unix epoch; null is open. "
                "Without spans, throughout."
            ),
            {},
        ),
    },
    "Change": {
        "t": ("When, in milliseconds since the Unix epoch.", {}),
        "doc": ("Another document, before anything is removed and set.", {}),
        "unset": ("Fields that are removed; one that is set too moves to the end.", {}),
        "set": ("Fields that are set, and their values.", {}),
    },
    "Counter": {
        "pieces": (
            (
                "Lines, [from, value, per_hour]: value + (t - from) * per_hour / 3600000, rounded down. "
                "The last one that has begun counts, the first one before that."
            ),
            {"minItems": 1},
        ),
        "deltas": ("In a recording: what each frame after `since` adds.", _RUNS),
        "since": ("The instant of the frame before the first delta, in milliseconds since the Unix epoch.", {}),
        "value": ("The number at `since`; a date if it is one, which moves by milliseconds.", {}),
        "of": ("Instead of pieces: another field, whose value * times / per it is, rounded down.", {"minLength": 1}),
        "times": ("See `of`.", {"minimum": 0}),
        "per": ("See `of`.", {"minimum": 1}),
    },
    "Item": {
        "doc": ("The entry.", {}),
        "since": ("From when on it is there, in milliseconds since the Unix epoch; from the start without it.", {}),
        "until": ("Until when, that instant excluded; for good without it.", {}),
    },
}
"""By type and field: the description, and further keywords of its schema."""
