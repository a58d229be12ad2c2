from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracks.strategies import moving_recordings, recordings
from toolkit.model.wire import Document, dumps, loads
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.state import apply
from toolkit.tracks.steps import FrameStep, Stepper, followed
from toolkit.tracks.track import Change, Written

if TYPE_CHECKING:
    from toolkit.tracks.fold import Frame

BUDGETS = st.sampled_from([0, 3, 60, 300, 2**20])


def told(stepper: Stepper, frame: Frame) -> FrameStep:
    """A frame as its difference."""
    steps = {
        name: stepper.take(frame.t, name, [(record, dumps(doc)) for record, doc in records])
        for name, records in frame.collections.items()
    }
    return FrameStep(frame.t, frame.skew_ms, frame.gaps, steps)


@settings(deadline=None, max_examples=100)
@given(recordings() | moving_recordings(), BUDGETS)
def test_differences_lose_nothing(frames: list[Frame], budget: int) -> None:
    """Every frame is given back by its differences, records and order, however little is held."""
    stepper = Stepper(budget)
    docs: dict[str, dict[str, Document]] = {name: {} for name in KINDS}
    orders: dict[str, list[str]] = {name: [] for name in KINDS}
    for frame in frames:
        step = told(stepper, frame)
        for name, found in step.steps.items():
            orders[name] = followed(orders[name], found)
            for gone in found.gone:
                del docs[name][gone]
            for key, change in found.changed.items():
                docs[name][key] = apply(docs[name].get(key, {}), change)
            seen = [dumps(doc) for _, doc in frame.collections[name]]
            assert [dumps(docs[name][key]) for key in orders[name]] == seen
            assert orders[name] == stepper.order(name)


@settings(deadline=None, max_examples=100)
@given(recordings() | moving_recordings(), BUDGETS, BUDGETS)
def test_going_on_is_as_if_it_never_stopped(frames: list[Frame], budget: int, other: int) -> None:
    """One that follows what another one told knows its orders and texts, as far as its own budget goes."""
    first, second = Stepper(budget), Stepper(other)
    for frame in frames:
        second.follow(loaded(told(first, frame)))
        for name, records in frame.collections.items():
            assert first.order(name) == second.order(name)
            for key, (_, doc) in zip(first.order(name), records, strict=True):
                assert first.text(name, key) in {dumps(doc), None}
                assert second.text(name, key) in {dumps(doc), None}
                assert max(budget, other) < 2**20 or first.text(name, key) or second.text(name, key)


def loaded(step: FrameStep) -> FrameStep:
    """The same frame, its documents other objects."""
    steps = {
        name: found._replace(
            changed={
                key: change
                if isinstance(change, Written)
                else Change(change.t, set=loads(dumps(change.set)), unset=change.unset, doc=change.doc)
                for key, change in found.changed.items()
            }
        )
        for name, found in step.steps.items()
    }
    return step._replace(steps=steps)


def test_what_is_known_to_be_as_it_was_costs_nothing() -> None:
    """A record without a text is as it was; its place counts all the same."""
    stepper = Stepper()
    stepper.take(1, "jobs", [("a", b"{}"), ("b", b"{}")])
    assert stepper.take(2, "jobs", [("b", None), ("a", None)]) == ({}, [], [("a", "b")])
    assert stepper.text("jobs", "a") == b"{}"
    assert stepper.text("nodes", "a") is None
    assert stepper.order("nodes") == []


def test_what_came_twice_is_kept_twice() -> None:
    """A record of an id that is there already has a number added, one that no other has."""
    stepper = Stepper()
    stepper.take(1, "jobs", [("a", b"1"), ("a#2", b"2"), ("a", b"3"), ("a", b"4")])
    assert stepper.order("jobs") == ["a", "a#2", "a#3", "a#4"]


@pytest.mark.parametrize("size", [1, 2])
def test_what_was_put_in_longest_ago_goes_first(size: int) -> None:
    """Beyond the budget the texts that were put in first are dropped."""
    stepper = Stepper(size * 2)
    stepper.take(1, "jobs", [(name, b"{}") for name in "abc"])
    assert [name for name in "abc" if stepper.text("jobs", name)] == list("abc")[-size:]
