"""What a job and an asset are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.model.wire import Document


class Known(NamedTuple):
    """What the cluster has at the instant of a command.

    Attributes:
        assets: The asset records, newest first.
        operations: The names of an asset's operations by its id.
        info: What `GET /` answers; `arch`, `platform`, `node_version` and `teraslice_version` are looked at.
        cpus: The processors of the master's machine: what `workers` is by default, up to 5.
    """

    assets: Sequence[Document]
    operations: Mapping[str, tuple[str, ...]]
    info: Document
    cpus: int = 2
