"""Ctrl-C while recording: the first one ends the recording properly, the second one ends the program."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING, Any, Self, TypeVar

from toolkit.signals import ending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import FrameType, TracebackType

T = TypeVar("T")


class Interrupted(Exception):
    """The first Ctrl-C came."""


class Interrupt:
    """Notices the first Ctrl-C, SIGTERM or SIGHUP while it is open; a further Ctrl-C is `KeyboardInterrupt` as ever."""

    def __init__(self) -> None:
        """Notice nothing yet."""
        self.came = False
        self._before: dict[signal.Signals, Any] = {}
        self._wake: Callable[[], object] | None = None

    def __enter__(self) -> Self:
        """Start to notice; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            for number in ending():
                self._before[number] = signal.signal(number, self._notice)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    async def guard(self, work: Awaitable[T]) -> T:
        """Await some work, and give it up as soon as the interrupt comes.

        Raises:
            Interrupted: If it came first.
        """
        loop = asyncio.get_running_loop()
        task, woken = asyncio.ensure_future(work), loop.create_future()
        # Cancelling the future is all it takes to wake this up, from a signal handler too.
        self._wake = lambda: loop.call_soon_threadsafe(woken.cancel)
        if self.came:
            woken.cancel()
        try:
            await asyncio.wait({task, woken}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Interrupted
        finally:
            self._wake = None
            woken.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _notice(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._wake is not None:
            self._wake()
