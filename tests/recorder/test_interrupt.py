from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from toolkit.recorder.interrupt import Interrupt, Interrupted


async def raise_and_wait(number: signal.Signals) -> None:
    """Get a signal while waiting for what never comes."""
    asyncio.get_running_loop().call_soon(signal.raise_signal, number)
    await asyncio.Event().wait()


async def value() -> int:
    """Give a value."""
    return 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_the_work(number: signal.Signals) -> None:
    """The first Ctrl-C, SIGTERM or SIGHUP gives up what is awaited, and everything awaited after it."""
    with Interrupt() as interrupt:
        with pytest.raises(Interrupted):
            asyncio.run(interrupt.guard(raise_and_wait(number)))
        with pytest.raises(Interrupted):
            asyncio.run(interrupt.guard(asyncio.sleep(60)))

        assert interrupt.came


def test_the_second_interrupt_is_an_ordinary_one() -> None:
    """A second Ctrl-C raises `KeyboardInterrupt`, while waiting and elsewhere."""
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(raise_and_wait(signal.SIGINT))

        assert interrupt.came


def test_signals_are_left_as_they_were() -> None:
    """After the block every signal is handled as before it."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with Interrupt():
        signal.raise_signal(signal.SIGINT)

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_work_that_ends_gives_its_value() -> None:
    """Without a signal, the work's own value and error come through."""

    async def fails() -> None:
        raise LookupError

    with Interrupt() as interrupt:
        assert asyncio.run(interrupt.guard(value())) == 7
        with pytest.raises(LookupError):
            asyncio.run(interrupt.guard(fails()))


def test_another_thread_can_record() -> None:
    """Outside the main thread, which alone can have signals, work goes on without them."""
    given: list[int] = []

    def work() -> None:
        with Interrupt() as interrupt:
            given.append(asyncio.run(interrupt.guard(value())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert given == [7]
