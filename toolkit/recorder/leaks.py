"""The last look before a recording becomes a bundle: nothing that looks like a secret may be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import LeakFound
from toolkit.recorder.gate import Gate
from toolkit.recorder.scan import scan_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TOLD = 5


def refuse_leaks(folder: Path, target: Path, secrets: Iterable[str]) -> None:
    """Look through a bundle's files before they are put in place.

    Args:
        folder: Where they are.
        target: Where they are to go, for the error.
        secrets: The credentials, the host and the user of the recording, as far as they are known.

    Raises:
        LeakFound: If anything looks like a secret; the text says where and what kind of thing, never the value.
    """
    leaks = scan_bundle(folder, Gate(secrets))
    if leaks:
        told = ", ".join(f"{leak.file} line {leak.line} {leak.field} ({leak.what})" for leak in leaks[:_TOLD])
        more = f" and {len(leaks) - _TOLD:,} more" if len(leaks) > _TOLD else ""
        msg = (
            f"cannot write the bundle {target}: what looks like a secret is in {told}{more}; nothing was written; "
            f"look at it, and if it is harmless, use --no-scan, which marks the bundle"
        )
        raise LeakFound(msg)
