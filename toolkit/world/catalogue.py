"""What jobs of the generated world look like: names, operations with their defaults, assets.

The operations and assets are made up after the standard ones; a job's operations already carry each one's defaults, so
that an execution takes them as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from toolkit.model.wire import Document

NODE_TERASLICE_VERSION: Final = "3.18.0"
"""Nodes give the version without the `v`. Source: observed."""
EX_TERASLICE_VERSION: Final = "v3.18.0"


def info_document(name: str, node_version: str) -> Document:
    """Make what `GET /` answers."""
    return {
        "arch": "x64",
        "clustering_type": "native",
        "name": name,
        "node_version": node_version,
        "platform": "linux",
        "teraslice_version": EX_TERASLICE_VERSION,
    }


class AssetPlan(NamedTuple):
    """One asset.

    Attributes:
        age: Days before every job.
        described: Its record without `_created`, in wire order.
    """

    age: int
    described: Document

    @property
    def id(self) -> str:
        """What it is on an execution."""
        return str(self.described["id"])


ASSETS: Final[dict[str, AssetPlan]] = {
    "elasticsearch": AssetPlan(
        12,
        {
            "name": "elasticsearch",
            "description": "Reads from and writes to Elasticsearch and OpenSearch",
            "node_version": 22,
            "version": "4.2.1",
            "id": "9c1c1f0dfb4a7a6e0f6c3f1a5c1be5a7e2f8d304",
        },
    ),
    "file": AssetPlan(
        40,
        {
            "name": "file",
            "description": "Reads and writes files",
            "node_version": 22,
            "version": "3.0.4",
            "id": "4f3a86c52e9d0b17c8e64a20d5b97f31e60c8a42",
        },
    ),
    "kafka": AssetPlan(
        5,
        {
            "name": "kafka",
            "description": "Reads from and writes to Kafka topics",
            "node_version": 22,
            "arch": "x64",
            "version": "5.3.0",
            "platform": "linux",
            "id": "b7d20e94f1c35a688d4be07c92f6a15d3e8074cb",
        },
    ),
    "standard": AssetPlan(
        23, {"name": "standard", "version": "1.1.0", "id": "e21d4c7a90b86f35d2c10e94a7bb6853f09ce1d7"}
    ),
}
"""The made-up standard assets by name."""
_PROVIDED: Final = {
    "elasticsearch": (
        "elasticsearch_reader",
        "elasticsearch_bulk",
        "id_reader",
        "elasticsearch_reader_api",
        "elasticsearch_sender_api",
    ),
    "file": ("file_exporter",),
    "kafka": ("kafka_reader", "kafka_sender", "drop_property"),
    "standard": ("data_generator", "date_router"),
}
OPERATIONS: Final = {ASSETS[name].id: operations for name, operations in _PROVIDED.items()}
"""The names of each asset's operations by asset id: every job of a template finds its own, built-in ones aside."""


def _op(name: str, **options: Any) -> Document:  # noqa: ANN401 - an operation's options are its own
    return {"_op": name, "_encoding": "json", "_dead_letter_action": "throw", **options}


class Template(NamedTuple):
    """One kind of job."""

    prefix: str
    lifecycle: str
    assets: tuple[str, ...]
    operations: tuple[Document, ...]

    def __hash__(self) -> int:
        """Hash the prefix: documents have no hash, and no two templates share a prefix."""
        return hash(self.prefix)


TEMPLATES: Final = (
    Template(
        "ingest",
        "persistent",
        ("elasticsearch", "kafka"),
        (
            _op("kafka_reader", topic="{subject}", group="teraslice-{subject}", size=10_000, interval=5_000),
            _op("drop_property", property="debug"),
            _op("elasticsearch_bulk", index="{subject}-v1", size=5_000, connection="default"),
        ),
    ),
    Template(
        "reindex",
        "once",
        ("elasticsearch",),
        (
            _op("elasticsearch_reader", index="{subject}-v1", size=5_000, date_field_name="created", interval="auto"),
            _op("elasticsearch_bulk", index="{subject}-v2", size=5_000, connection="default"),
        ),
    ),
    Template(
        "follow",
        "persistent",
        ("elasticsearch", "standard"),
        (
            _op("elasticsearch_reader", index="{subject}-*", size=1_000, date_field_name="created", interval="30s"),
            _op("date_router", field="created", resolution="daily"),
            _op("elasticsearch_bulk", index="{subject}-daily", size=1_000, connection="default"),
        ),
    ),
    Template(
        "publish",
        "persistent",
        ("elasticsearch", "kafka"),
        (
            _op(
                "elasticsearch_reader", index="{subject}-daily", size=2_500, date_field_name="created", interval="auto"
            ),
            _op("kafka_sender", topic="{subject}-out", size=2_500, id_field="_key"),
        ),
    ),
    Template(
        "export",
        "once",
        ("elasticsearch", "file"),
        (
            _op(
                "elasticsearch_reader", index="{subject}-daily", size=10_000, date_field_name="created", interval="auto"
            ),
            _op("noop"),
            _op("file_exporter", path="/exports/{subject}", format="ldjson", compression="gzip"),
        ),
    ),
    Template(
        "load-test",
        "once",
        ("standard",),
        (
            _op("data_generator", size=1_000, stress_test=False, start=None, end=None, format="isoBetween"),
            _op("delay", ms=100),
            _op("noop"),
        ),
    ),
)
SUBJECTS: Final = (
    "access-logs", "alerts", "audit", "billing", "carts", "clicks", "devices", "dns", "emails", "events", "flows",
    "inventory", "invoices", "logins", "metrics", "orders", "payments", "products", "profiles", "returns", "reviews",
    "searches", "sensors", "sessions", "shipments", "tickets", "traces", "users",
)  # fmt: skip


@cache
def operations_of(template: Template, subject: str) -> list[Document]:
    """Fill a template's operations in with the subject of a job; the list is shared, never change it."""
    return [
        {key: value.replace("{subject}", subject) if isinstance(value, str) else value for key, value in op.items()}
        for op in template.operations
    ]
