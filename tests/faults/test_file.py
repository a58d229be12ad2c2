from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolkit.answers.spoilable import SPOILABLE, route_of
from toolkit.errors import FaultError
from toolkit.faults.named import NAMED
from toolkit.faults_file import read_faults
from toolkit.model.faults import Fault, Spread

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
[[faults]]
route = "executions"
rate = 0.1
status = 503
retry_after = 1

[[faults]]
from = "+5m"
delay = { median = "150ms", p99 = "3s" }
"""


def heard(text: str) -> tuple[tuple[Fault, ...], list[str]]:
    """Read faults, and give what was said meanwhile."""
    said: list[str] = []
    return read_faults(text, said.append), said


def test_a_file_holds_a_table_for_each_fault(tmp_path: Path) -> None:
    """In their order, with the names that the control API has."""
    path = tmp_path / "faults.toml"
    path.write_text(TEXT)
    first, second = heard(str(path))[0]
    assert first == Fault(route="executions", rate=0.1, status=503, retry_after=1)
    assert second == Fault(from_="+5m", delay=Spread(median="150ms", p99="3s"))


@pytest.mark.parametrize("name", NAMED)
def test_every_set_can_be_had_by_its_name(name: str) -> None:
    """As many faults as it lists."""
    faults, said = heard(name)
    assert (len(faults), said) == (len(NAMED[name].tables), [])


def test_a_name_wins_over_a_file_that_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says how to have the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flaky").write_text(TEXT)
    faults, said = heard("flaky")
    assert faults == heard("flaky")[0] != heard("./flaky")[0]
    assert said == ["note: flaky is the set of faults of that name; for the file write ./flaky"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[faults]]\nstatus = 200", "number 1: status: expected `int` >= 400"),
        ("[[faults]]\nstatus = 500\n[[faults]]\ndelay = '1h'", "number 2: delay: 1h is longer than 4m"),
        ("[[faults]]\nstatus = 500\nroute = 'ex'", "number 1: route: no operation is called 'ex'"),
        ("[[fault]]\nstatus = 500", "it says fault; write tables such as [[faults]] with status = 503"),
        ("", "it has no tables [[faults]]; write tables such as [[faults]] with status = 503"),
        ("faults = 7", "it has no tables [[faults]]; write tables"),
        ("faults = [7]", "number 1: fault: expected `object`, got `int`"),
        ("[[faults]]\nstatus = 500\n" * 101, "there are 101, and may be 100; leave some out"),
        ("status =", "Invalid value"),
        ("a = " + "[" * 100_000, "it is nested too deep"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    """It names the file, the fault and the field."""
    path = tmp_path / "faults.toml"
    path.write_text(text)
    with pytest.raises(FaultError) as caught:
        heard(str(path))

    assert str(caught.value).startswith(f"cannot read the faults {path}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused_with_the_names_there_are() -> None:
    """The names of all sets are in the text."""
    with pytest.raises(FaultError, match=r"cannot read the faults flakey: No such .*one of flaky, slow, broken"):
        heard("flakey")


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/v1/ex", "executions"),
        ("HEAD", "/ex/", "executions"),
        ("GET", "/v1/ex/a", "execution"),
        ("POST", "/v1/jobs", "post_job"),
        ("GET", "/nowhere", ""),
        ("BREW", "/v1/ex", ""),
        ("GET", "/v1/ex/%zz", ""),
    ],
)
def test_a_request_belongs_to_the_route_that_answers_it(method: str, path: str, route: str) -> None:
    """HEAD to the one of GET; what has no route is nothing's."""
    assert route_of(method, path) == route
    assert not route or route in SPOILABLE
