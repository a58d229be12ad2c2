"""What a recording may keep: by kind of record, the fields whose strings may stay, and what such a string looks like.

Only tables and shapes. A string stays where its field is named here and its value has the shape named here; a key
stays where it is named here, or is a plain word in a record that operations and users may add fields to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from toolkit.model.status import STATUSES

Check = Callable[[str], bool]
"""Tells whether a string may stay."""

_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
# Four numbers would be an address.
_VERSION: Final = re.compile(r"v?[0-9]{1,5}(?:\.[0-9]{1,5}){1,2}(?:-[a-z]{1,8}(?:\.[0-9]{1,5})?)?")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}(?::[a-z0-9_-]{1,64})?")
_WORD_KEY: Final = re.compile(r"[a-z_]{1,40}")
_MOST_DIGITS: Final = 3
_LONGEST_WORD: Final = 20
_CREDENTIAL: Final = re.compile(
    r"passw|passphrase|secret|token|apikey|credential|privatekey|accesskey|secretkey|cookie|session|bearer|pwd"
    r"|auth(?!or(?!i[sz]))"
)
_CREDENTIAL_WORDS: Final = frozenset({"pass", "pw", "pat", "jwt", "otp", "pin"})
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def is_id(text: str) -> bool:
    """Tell whether a text looks like an id of Teraslice: a UUID, 32 or 40 hex digits."""
    return _ID.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Tell whether a text is an ISO date with a time."""
    return _DATE.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Tell whether a text is a version of two or three numbers."""
    return _VERSION.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Tell whether a text is a plain operation name: words of letters, few digits, nothing that looks random."""
    if not _NAME.fullmatch(text) or sum(map(str.isdigit, text)) > _MOST_DIGITS:
        return False
    return all(len(word) <= _LONGEST_WORD for word in re.split("[_:-]", text))


def is_plain_key(key: str) -> bool:
    """Tell whether an unknown key is a plain word: lower-case letters and underscores, at most 40."""
    return _WORD_KEY.fullmatch(key) is not None


@lru_cache(maxsize=10_000)
def is_credential(key: str) -> bool:
    """Tell whether a key is named like a credential, however it is written: `password`, `API_KEY`, `accessToken`."""
    squeezed = re.sub(r"[^a-z0-9]", "", key.lower())
    if _CREDENTIAL.search(squeezed):
        return True
    return any(word.lower() in _CREDENTIAL_WORDS for word in _WORDS.findall(key))


def one_of(*texts: str) -> Check:
    """Make the check for a fixed set of texts."""
    return frozenset(texts).__contains__


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes:
        strings: By field, which strings may stay; a list's entries are checked like the field itself.
        inside: By field, the kind of the objects in it, in lists too; any other object is plain data.
        names: Further fields whose names are known; their strings never stay.
        plain_keys: Whether an unknown key that is a plain word may stay.
    """

    strings: Mapping[str, Check] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    plain_keys: bool = True

    def knows(self, key: str) -> bool:
        """Tell whether a field of this name belongs to this kind."""
        return key in self.strings or key in self.inside or key in self.names


_IDS: Final = {"job_id": is_id, "ex_id": is_id}
_DATES: Final = {"_created": is_date, "_updated": is_date, "_deleted_on": is_date}
_STARTED: Final = {"started": is_date, "queuing_complete": is_date}
_VERSIONS: Final = {"node_version": is_version, "teraslice_version": is_version}
_PLATFORM: Final = {
    "platform": one_of("aix", "darwin", "freebsd", "linux", "openbsd", "sunos", "win32"),
    "arch": one_of("arm", "arm64", "ia32", "loong64", "mips", "mipsel", "ppc64", "riscv64", "s390x", "x64"),
}
_DEAD_LETTER: Final = one_of("throw", "log", "none", "kafka_dead_letter")
_COUNTS: Final = frozenset({
    "workers_available", "workers_active", "workers_joined", "workers_reconnected", "workers_disconnected",
    "job_duration", "failed", "subslices", "queued", "slice_range_expansion", "processed", "slicers",
    "subslice_by_key",
})  # fmt: skip
_JOB: Final = Kind(
    strings=_IDS
    | _DATES
    | {
        "_context": one_of("job", "ex"),
        "_status": one_of(*STATUSES),
        "lifecycle": one_of("once", "persistent"),
        "assets": is_id,
        "log_level": one_of("trace", "debug", "info", "warn", "error", "fatal"),
        "recovered_execution": is_id,
        "recovered_slice_type": one_of("all", "errors", "pending"),
        "teraslice_version": is_version,
    },
    inside={
        "operations": "operations",
        "apis": "operations",
        "ex": "executions",
        "_slicer_stats": "controllers",
        "env_vars": "data",
        "labels": "data",
        "metadata": "data",
        "pod_spec_override": "data",
        "targets": "pairs",
        "volumes": "pairs",
        "external_ports": "pairs",
    },
    names=frozenset({"_failureReason"}),
)

KINDS: Final[Mapping[str, Kind]] = {
    "info": Kind(strings=_VERSIONS | _PLATFORM | {"clustering_type": one_of("native", "kubernetes", "kubernetesV2")}),
    "stats": Kind(inside={"controllers": "controllers", "slicer": "controllers"}),
    "nodes": Kind(
        strings=_VERSIONS | {"state": one_of("connected", "disconnected")},
        inside={"active": "processes"},
    ),
    "processes": Kind(
        strings=_IDS
        | {
            "assignment": one_of(
                "assets_service", "cluster_master", "execution_controller", "master", "node_master", "worker"
            ),
            "assets": is_id,
        },
    ),
    "controllers": Kind(strings=_IDS | _STARTED, names=_COUNTS),
    "jobs": _JOB,
    "executions": _JOB,
    "operations": Kind(
        strings={"_encoding": one_of("json", "raw"), "_dead_letter_action": _DEAD_LETTER},
        names=frozenset({"_op", "_name", "_api_name", "api_name", "_connection"}),
    ),
    "assets": Kind(
        strings=_DATES
        | _PLATFORM
        | {
            "id": is_id,
            "version": is_version,
            "node_version": is_version,
            "external_storage": one_of("available", "missing"),
        },
    ),
    "pairs": Kind(names=frozenset({"key", "value", "name", "path", "port"}), plain_keys=False),
    "data": Kind(plain_keys=False),
}
"""Every kind. What is in none of them is `data`: its keys are data too."""

NAME_FIELDS: Final = frozenset({"_op", "_name", "_api_name", "api_name"})
"""The fields of an operation that name an operation or an API, perhaps with its asset behind an `@`."""
