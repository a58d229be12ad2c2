from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle.making import END, EPOCH, NAMES, make
from tests.tracks.strategies import contents
from toolkit.bundle.reader import read_bundle
from toolkit.errors import BundleError
from toolkit.tracks.kinds import KINDS

PIECES = [b"", b"\x00", b"\xff", b'"', b"{", b"[", b"]", b",", b"-1", b"1e999", b"null", b"\\ud800", b"9" * 400, b"\n"]


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["generated", "recorded"]),
    st.sampled_from(NAMES),
    st.integers(0, 10_000),
    st.integers(0, 30),
    st.sampled_from(PIECES),
)
def test_damage_is_never_a_traceback(kind: str, name: str, place: int, length: int, piece: bytes) -> None:
    """Whatever bytes are put anywhere into a bundle, it is refused with an error of ours, or it answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder) / "x", kind)
        text = (path / name).read_bytes()
        place %= len(text)
        (path / name).write_bytes(text[:place] + piece + text[place + length :])
        with contextlib.suppress(BundleError):
            timeline = read_bundle(path, allow_edited=True).timeline
            for t in (timeline.first, min(max(EPOCH + 1, timeline.first), timeline.last), min(END, timeline.last)):
                assert all(record.text for name in KINDS for record in contents(timeline, name, t))
