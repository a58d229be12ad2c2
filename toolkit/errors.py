"""Every error the toolkit raises on purpose.

    ToolkitError                 could not do it               exit 1
    |- UsageError                asked wrongly                 exit 2
    |  |- ScenarioError          a parameter out of its range
    |  |- FaultError             an HTTP fault that cannot be
    |  `- InstantError           outside the world or bundle
    |- BundleError               a bundle that cannot be read
    |  |- BundleNotFound
    |  |- BundleDamaged
    |  |- BundleTooNew
    |  `- PartError              parts that make no whole
    |- TargetError               a place that cannot be written
    |- LogError                  a command log that cannot be used
    |  `- LogDamaged
    |- CommandNotKept            a command whose log cannot be written
    |- WorldsFull                no room for another world
    |- RecordError               a cluster that cannot be recorded
    |- CommandRefused            a command that the cluster refused
    |- NeverReached              a status that an execution does not come to
    `- LeakFound                 a bundle that would show a secret

An error says in one line what we could not do, the fact that stopped us, and what to do next.
"""

from __future__ import annotations


class ToolkitError(Exception):
    """Something that could not be done; `str(error)` is one line for a person."""

    exit_code = 1


class UsageError(ToolkitError):
    """The request itself was wrong: a bad date, flags that exclude each other."""

    exit_code = 2


class ScenarioError(UsageError):
    """A scenario parameter that is unknown, of the wrong type or out of its range."""


class FaultError(UsageError):
    """An HTTP fault with a part that is unknown, impossible or missing; its text names the field first."""


class InstantError(UsageError):
    """An instant that the world or the bundle does not reach (400 over HTTP)."""


class BundleError(ToolkitError):
    """A bundle that cannot be read."""


class BundleNotFound(BundleError):
    """No bundle at that path."""


class BundleDamaged(BundleError):
    """A bundle whose files are not what its manifest or its format says.

    Attributes:
        where: The file, and the line if there is one; empty where only the text says it.
        why: What is wrong, the field first if there is one.
    """

    where = ""
    why = ""


class BundleTooNew(BundleError):
    """A bundle written in a format version that this toolkit does not know."""


class PartError(BundleError):
    """A part of a bundle where a whole one is needed, or parts that do not make one."""


class TargetError(ToolkitError):
    """A place that cannot be written: it exists, is not writable, or the disk is full."""


class LogError(ToolkitError):
    """A command log that cannot be used: another server has it, or it cannot be read or written."""


class LogDamaged(LogError):
    """A command log that is not as a server left it."""


class CommandNotKept(ToolkitError):
    """A command that could not be written to its log, and so did not happen (500 over HTTP)."""


class WorldsFull(ToolkitError):
    """A world that cannot be made, because there are as many as there may be (409 over HTTP)."""


class RecordError(ToolkitError):
    """A cluster that cannot be recorded: unreachable, or not a Teraslice cluster."""


class CommandRefused(ToolkitError):
    """Something that a test asked of the cluster, and was refused.

    Attributes:
        status: The HTTP status of the refusal.
    """

    def __init__(self, message: str, status: int) -> None:
        """Refuse with a status."""
        super().__init__(message)
        self.status = status


class NeverReached(ToolkitError):
    """A status that an execution does not come to, as far as was looked."""


class LeakFound(ToolkitError):
    """A bundle that holds what looks like a secret, and is not written."""
