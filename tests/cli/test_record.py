"""`toolkit record`, where nothing but errors and the result is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, plain
from tests.study.running import Ran, run
from toolkit.recorder import finish as finishing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run"]


@pytest.mark.parametrize("flag", [(), ("--quiet",), ("--json",)])
def test_a_second_ctrl_c_says_where_the_frames_are(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flag: tuple[str, ...]
) -> None:
    """Once, under --quiet too; toolkit finish makes the bundle then."""

    def interrupted(*_: object, **__: object) -> Path:
        raise KeyboardInterrupt

    target = tmp_path / "b"
    with FakeCluster(plain()) as cluster, monkeypatch.context() as patched:
        patched.setattr(finishing, "write_bundle", interrupted)
        code, _, err = run("record", cluster.url, "-o", target, *flag)

    assert code == 130
    assert err.strip().splitlines() == [
        f"interrupted; what was recorded is kept in {tmp_path / '.b.journal'}: toolkit finish {target} makes the bundle"
    ]
    assert run("finish", target).code == 0
    assert target.is_dir()
