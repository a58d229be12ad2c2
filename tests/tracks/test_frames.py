from __future__ import annotations

import pytest

from toolkit.timeline.view import NEVER
from toolkit.tracks.frames import FrameBook, Frames, Gap, frame_of, shown_until


def test_a_gap_goes_on_while_its_reason_is_the_same() -> None:
    """Frames in a row that lack the same for the same reason are one gap; another reason, or a pause, begins one."""
    book = FrameBook()
    for t, gaps in enumerate([{"b": "500", "a": "late"}, {"b": "500"}, {"b": "404"}, {}, {"b": "404"}]):
        book.note(t, t + 10, gaps)
    assert book.frames == Frames(
        book.frames.instants,
        book.frames.skews,
        [Gap("a", "late", 0, 0, 1), Gap("b", "500", 0, 1, 2), Gap("b", "404", 2, 2, 1), Gap("b", "404", 4, 4, 1)],
    )
    assert (list(book.frames.instants), list(book.frames.skews)) == ([0, 1, 2, 3, 4], [10, 11, 12, 13, 14])


@pytest.mark.parametrize("t", [4, 5])
def test_frames_go_forward(t: int) -> None:
    """A frame that is not later than the one before is a mistake."""
    book = FrameBook()
    book.note(5, 0, {})
    with pytest.raises(ValueError, match=f"in the order of their instants: {t} after 5"):
        book.note(t, 0, {})


def test_an_instant_belongs_to_the_frame_before_it() -> None:
    """Between two frames it is the earlier one, before all the first; what holds is shown until the next frame."""
    instants = [10, 20, 30]
    assert [frame_of(instants, t) for t in (0, 10, 19, 20, 99)] == [0, 0, 0, 1, 2]
    assert [shown_until(instants, t) for t in (0, 10, 11, 30, 31)] == [10, 10, 20, 30, NEVER]
