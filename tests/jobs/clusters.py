"""What the tested jobs and assets are checked against, and zips."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from toolkit.jobs.known import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

STANDARD = "1ba92f67e3b5594ce5e73ec5ddcaf8481ad89078"
EX1_OLD = "caf0e5ce7cf1edc864f306b1d9edbad0f7060545"
EX1 = "93233d56ffeb9f0fd22eb4b721756e59823e490f"
TINY = "3e9d7195c56eb84c315880560dc87156a8c62b35"
ELASTICSEARCH = "e" * 40
BESIDE = "b" * 40
INFO = {"arch": "x64", "platform": "linux", "node_version": "v22.19.0", "teraslice_version": "v3.18.0"}


def asset(name: str, version: str, asset_id: str, **more: Any) -> dict[str, Any]:
    """Make an asset's record."""
    return {"_created": "2026-11-22T16:59:18.485Z", "name": name, **more, "version": version, "id": asset_id}


KNOWN = Known(
    assets=[
        asset("ex1", "0.1.1", EX1, node_version=18),
        asset("ex1", "0.0.1", EX1_OLD, node_version=18),
        asset("tiny", "1.1.0", TINY, node_version=22, arch="x64", platform="linux"),
        asset("badplat", "1.0.0", "41be36e9134093f0028b5ceb9c014cb721d25572", arch="arm64", platform="darwin"),
        asset("future", "1.0.0", "f" * 40, node_version=99),
        asset("beside", "2.0.0-rc.1", BESIDE),
        asset("beside", "not a version", "c" * 40),
        asset("elasticsearch", "4.2.1", ELASTICSEARCH),
        asset("standard", "9.9.9", STANDARD),
        asset("n", "1.0.0", "a" * 40),
    ],
    operations={
        EX1: ("drop_property",),
        EX1_OLD: ("drop_property",),
        STANDARD: ("data_generator", "date_router"),
        BESIDE: ("noop", "something"),
        ELASTICSEARCH: (
            "elasticsearch_bulk", "elasticsearch_reader", "elasticsearch_reader_api", "elasticsearch_sender_api",
            "id_reader",
        ),
    },
    info=INFO,
)  # fmt: skip
"""The assets of the recorded cluster, and some more."""


def zipped(files: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return held.getvalue()


def asset_zip(said: object, **files: bytes | str) -> bytes:
    """Make an asset's zip."""
    return zipped({"asset.json": said if isinstance(said, str | bytes) else json.dumps(said), **files})
