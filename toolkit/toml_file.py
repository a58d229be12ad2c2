"""What a flag names: one of a few known things, else a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from toolkit.errors import ToolkitError


class Kind(NamedTuple):
    """What is read.

    Attributes:
        what: As an error says it, such as `the scenario`.
        called: What a name is the name of, such as `scenario`.
        like: What to write instead of what cannot be read.
        error: What is raised.
    """

    what: str
    called: str
    like: str
    error: type[ToolkitError]


def read_table(text: str, names: Collection[str], kind: Kind, say: Callable[[str], None]) -> dict[str, Any] | None:
    """Read a TOML file, `None` where the text is a name.

    Args:
        text: The name or the path; a name wins over a file that is called so.
        names: What has a name.
        kind: What is read.
        say: Told when there is a file that is called as something known.

    Raises:
        ToolkitError: The kind's error, if there is none of that name and no such file, or it is not TOML.
    """
    path = Path(text)
    if text in names:
        if path.exists():
            say(f"note: {text} is the {kind.called} of that name; for the file write ./{text}")
        return None
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        why = f"{error.strerror}; give a file that is there, or one of {', '.join(names)}"
    except RecursionError:
        why = f"it is nested too deep; {kind.like}"
    except ValueError as error:
        why = f"{error}; {kind.like}"
    msg = f"cannot read {kind.what} {text}: {why}"
    raise kind.error(msg)
