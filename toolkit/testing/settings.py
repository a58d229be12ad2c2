"""What the settings of the plugin may say. Light: pytest imports it in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.errors import UsageError
from toolkit.testing.arguments import given

if TYPE_CHECKING:
    import pytest

_STALE: Final = ("warn", "fail")


def check(config: pytest.Config) -> None:
    """Refuse settings that cannot be.

    Raises:
        UsageError: If one cannot; the text says what it may be.
    """
    stale = config.getini("teraslice_stale")
    if stale not in _STALE:
        msg = f"cannot use teraslice_stale = {stale}: it is {' or '.join(_STALE)}"
        raise UsageError(msg)
    given("cannot use teraslice_max_age", {"max_age": config.getini("teraslice_max_age") or None})
    if config.getoption("teraslice_record") is not None:
        # The folder may come with the first bundle that is recorded.
        return
    for folder in config.getini("teraslice_bundles"):
        if not (config.rootpath / folder).is_dir():
            msg = (
                f"cannot use teraslice_bundles = {folder}: there is no such folder in {config.rootpath}; name the "
                "folder of your bundles, or let --teraslice-record=URL record some"
            )
            raise UsageError(msg)
