"""What a recording may keep: by kind of record, the fields whose strings may stay, and what such a string looks like.

Only tables and shapes. A string stays where its field is named here and its value has the shape named here; a key
stays where it is named here. Everything else is data, keys too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from toolkit.model.status import STATUSES
from toolkit.recorder.harmless import ASSETS, OPERATIONS

Check = Callable[[str], bool]
"""Tells whether a string may stay."""

HARMLESS: Final = frozenset({"", "N/A"})

_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?"
)
# Four numbers would be an address.
_VERSION: Final = re.compile(r"v?[0-9]{1,5}(?:\.[0-9]{1,5}){1,2}(?:-(?:alpha|beta|dev|next|pre|rc)(?:\.[0-9]{1,5})?)?")
_SPAN: Final = re.compile(r"auto|[0-9]{1,6} ?(?:ms|s|m|h|d|w|M|y|second|minute|hour|day|week|month|year)s?")


def is_id(text: str) -> bool:
    """Tell whether a text looks like an id of Teraslice: a UUID, 32 or 40 hex digits."""
    return _ID.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Tell whether a text is an ISO date with a time, of a day that the calendar has."""
    found = _DATE.fullmatch(text)
    return found is not None and is_day(found[1][:10])


def is_day(text: str) -> bool:
    """Tell whether a text such as `2026-02-28` is a day that the calendar has."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_version(text: str) -> bool:
    """Tell whether a text is a version of two or three numbers."""
    return _VERSION.fullmatch(text) is not None


def is_span(text: str) -> bool:
    """Tell whether a text is a span of time such as `30s`."""
    return _SPAN.fullmatch(text) is not None


def is_public(text: str) -> bool:
    """Tell whether a text names an operation, perhaps with its asset's id, or an asset that everybody has."""
    name, at, asset = text.partition("@")
    if at:
        return name in OPERATIONS and (is_id(asset) or is_public_asset(asset))
    api, _, tag = name.partition(":")
    return name in OPERATIONS or (api in OPERATIONS and tag in OPERATIONS) or is_public_asset(name)


def is_public_asset(text: str) -> bool:
    """Tell whether a text is a public asset's name, perhaps with a version."""
    name, colon, version = text.partition(":")
    return name in ASSETS and (not colon or version == "latest" or is_version(version))


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
        prose: The fields of them with the free text of an error.
        titles: The fields of them with the name of a job, which a person may want to keep.
        public: The fields of them that name an operation, an API or an asset: those that everybody has may stay.
    """

    strings: Mapping[str, Check] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def knows(self, key: str) -> bool:
        """Tell whether a field of this name belongs to this kind."""
        return key in self.strings or key in self.inside or key in self.names

    def stays(self, key: str, text: str) -> bool:
        """Tell whether a string is fixed by what Teraslice is: nothing of a cluster's own can be in it."""
        if text in HARMLESS or (key in self.public and is_public(text)):
            return True
        check = self.strings.get(key)
        return check is not None and check(text)

    def untyped(self, key: str, text: str) -> str:
        """Give a string without the asset's id that an operation's name may have behind an `@`."""
        name, at, asset = text.partition("@")
        return name if at and key in self.public and is_id(asset) else text


_IDS: Final = {"job_id": is_id, "ex_id": is_id}
_DATES: Final = {"_created": is_date, "_updated": is_date, "_deleted_on": is_date}
_STARTED: Final = {"started": is_date, "queuing_complete": is_date}
_VERSIONS: Final = {"node_version": is_version, "teraslice_version": is_version}
_PLATFORM: Final = {
    "platform": one_of("aix", "darwin", "freebsd", "linux", "openbsd", "sunos", "win32"),
    "arch": one_of("arm", "arm64", "ia32", "loong64", "mips", "mipsel", "ppc64", "riscv64", "s390x", "x64"),
}
_COUNTS: Final = frozenset({
    "workers_available", "workers_active", "workers_joined", "workers_reconnected", "workers_disconnected",
    "job_duration", "failed", "subslices", "queued", "slice_range_expansion", "processed", "slicers",
    "subslice_by_key",
})  # fmt: skip
_JOB: Final = Kind(
    strings=_IDS
    | _DATES
    | {
        "assets": is_id,
        "_context": one_of("job", "ex"),
        "_status": one_of(*STATUSES),
        "lifecycle": one_of("once", "persistent"),
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
    names=frozenset({
        "_deleted", "_failureReason", "_has_errors", "active", "analytics", "autorecover", "cpu",
        "cpu_execution_controller", "ephemeral_storage", "kubernetes_image", "max_retries", "memory",
        "memory_execution_controller", "name", "performance_metrics", "probation_window", "prom_metrics_add_default",
        "prom_metrics_enabled", "prom_metrics_port", "recycle_worker", "relocatable", "resources_limits_cpu",
        "resources_limits_memory", "resources_requests_cpu", "resources_requests_memory", "slicer_hostname",
        "slicer_port", "slicers", "stateful", "workers",
    }),
    prose=frozenset({"_failureReason"}),
    titles=frozenset({"name"}),
    public=frozenset({"assets"}),
)  # fmt: skip
_OPTIONS: Final = frozenset({
    "_api_name", "_connection", "_name", "_op", "allow_leading_wildcards", "api_name", "bucket", "cache_size",
    "chunk_size", "concurrency", "connection", "create", "date_field_name", "delete", "enabled", "end",
    "extension", "fetcher_data_file_path", "field", "field_delimiter", "field_name", "fields", "file_per_slice",
    "from", "full_response", "geo_field", "group", "headers", "id_field", "id_field_name", "include_header",
    "index", "index_name", "index_prefix", "key", "key_field", "key_prefix_depth", "limit", "line_delimiter",
    "max_poll_interval", "max_retries", "ms", "multisearch", "partition_assignment_strategy",
    "passthrough_slice", "path", "prefix", "property", "query", "regex", "remove_empty_lines", "replicas",
    "required_acks", "resolution", "rollback_on_failure", "routing", "shards", "size", "slicer_data_file_path",
    "source", "start", "start_key", "stress_test", "subslice_by_key", "target", "time_resolution", "timeout",
    "topic", "topic_override", "total", "type", "update", "update_fields", "update_retry_on_conflict", "upsert",
    "url", "use_commit_sync", "value", "wait",
})  # fmt: skip
"""Options of public operations."""

KINDS: Final[Mapping[str, Kind]] = {
    "info": Kind(
        strings=_VERSIONS | _PLATFORM | {"clustering_type": one_of("native", "kubernetes", "kubernetesV2")},
        names=frozenset({"name"}),
    ),
    "stats": Kind(inside={"controllers": "controllers", "slicer": "controllers"}),
    "nodes": Kind(
        strings=_VERSIONS | {"state": one_of("connected", "disconnected")},
        inside={"active": "processes"},
        names=frozenset({"available", "hostname", "node_id", "pid", "total"}),
    ),
    "processes": Kind(
        strings=_IDS
        | {
            "assignment": one_of(
                "assets_service", "cluster_master", "execution_controller", "master", "node_master", "worker"
            ),
            "assets": is_id,
        },
        names=frozenset({"image", "pid", "pod_ip", "pod_name", "worker_id"}),
    ),
    "controllers": Kind(strings=_IDS | _STARTED, names=_COUNTS | {"name"}, titles=frozenset({"name"})),
    "jobs": _JOB,
    "executions": _JOB,
    "operations": Kind(
        strings={
            "_encoding": one_of("json", "raw"),
            "_dead_letter_action": one_of("throw", "log", "none", "kafka_dead_letter"),
            "compression": one_of("gzip", "lz4", "none", "snappy", "zstd"),
            "format": one_of("csv", "isoBetween", "json", "ldjson", "raw", "tsv", "utcBetween", "utcDate"),
            "interval": is_span,
            "resolution": one_of("daily", "monthly", "yearly", "hourly", "weekly"),
        },
        names=_OPTIONS,
        public=frozenset({"_op", "_name", "_api_name", "api_name"}),
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
        names=frozenset({"description", "minimum_teraslice_version", "name"}),
        public=frozenset({"name"}),
    ),
    "errors": Kind(
        strings=_DATES
        | {
            "ex_id": is_id,
            "slice_id": is_id,
            "state": one_of("completed", "error", "pending", "start"),
        },
        inside={"request": "request"},
        names=frozenset({"error", "retry_count", "slicer_id", "slicer_order"}),
        prose=frozenset({"error"}),
    ),
    "request": Kind(names=frozenset({"count", "end", "key", "keys", "limit", "start", "wildcard"})),
    "pairs": Kind(names=frozenset({"key", "value", "name", "path", "port"})),
    "data": Kind(),
}
"""Every kind. What is in none of them is `data`: its keys are data too."""
