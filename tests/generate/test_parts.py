"""A bundle generated in parts: joined, they are the bytes of one run; what is no whole is refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commanding import Client
from tests.serving import toolkit
from toolkit.bundle import merge as merging
from toolkit.bundle.manifest import FILES
from toolkit.bundle.merge import merge
from toolkit.bundle.reader import read_bundle
from toolkit.errors import BundleDamaged, BundleError, PartError, TargetError, UsageError
from toolkit.generate import generate
from toolkit.model.instants import HOUR, MINUTE
from toolkit.world import failing
from toolkit.world.commands import MemoryLog
from toolkit.world.part import Part, parse_part
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario(seed=5, jobs=40)
EPOCH = SCENARIO.epoch


def contents(folder: Path) -> dict[str, bytes]:
    """Give a directory's files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a bundle, `whole`, and its two parts, `1` and `2`."""
    folder = tmp_path_factory.mktemp("parts")
    generate(SCENARIO, EPOCH, EPOCH + HOUR, folder / "whole")
    for number in (1, 2):
        generate(SCENARIO, EPOCH, EPOCH + HOUR, folder / str(number), part=Part(number, 2))
    return folder


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.integers(0, 60), st.integers(2, 9))
def test_parts_are_the_whole(tmp_path: Path, data: st.DataObject, jobs: int, of: int) -> None:
    """Parts of any number, joined in any order, have the bytes of one run."""
    scenario = Scenario(seed=jobs, jobs=jobs, failures_share=0.5)
    folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    whole = generate(scenario, EPOCH, EPOCH + HOUR, folder / "whole")
    made = [
        generate(scenario, EPOCH, EPOCH + HOUR, folder / f"{number}", part=Part(number, of))
        for number in data.draw(st.permutations(range(1, of + 1)))
    ]

    assert contents(merge(made, folder / "joined")) == contents(whole)


def test_a_session_with_a_refresh_is_generated_in_parts(tmp_path: Path) -> None:
    """What clients did, and the worlds that follow one another, come apart and together the same way."""
    log = MemoryLog(SCENARIO.seed)
    client = Client(LiveTimeline(SCENARIO, log), log, SCENARIO.seed)
    for step in range(1, 25):
        client.act(EPOCH + step * MINUTE)
    log.append(EPOCH + 25 * MINUTE, {"do": "refresh"})
    whole = generate(SCENARIO, EPOCH, EPOCH + HOUR, tmp_path / "whole", log)
    told: list[tuple[int, int]] = []
    made = [
        generate(
            SCENARIO,
            EPOCH,
            EPOCH + HOUR,
            tmp_path / f"{number}",
            log,
            part=Part(number, 3),
            progress=lambda done, total: told.append((done, total)),
        )
        for number in (3, 1, 2)
    ]

    assert contents(merge(made, tmp_path / "joined")) == contents(whole)
    assert sum(done == total for done, total in told) == 3


def test_failures_are_sorted_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few failures are held at once, the bytes are the same."""
    scenario = Scenario(seed=3, jobs=30, failures_share=1.0)
    whole = generate(scenario, EPOCH, EPOCH + HOUR, tmp_path / "a")
    monkeypatch.setattr(failing, "SORTED_AT_ONCE", 100)

    assert contents(generate(scenario, EPOCH, EPOCH + HOUR, tmp_path / "b")) == contents(whole)


def test_the_failures_of_history_are_those_of_its_lives(tmp_path: Path) -> None:
    """What columns say of executions that ended before the epoch is what a live server answers of each."""
    scenario = Scenario(seed=4, jobs=60, failures_share=1.0, errors_newest=20)
    bundle = read_bundle(generate(scenario, EPOCH, EPOCH, tmp_path / "a"))
    live, replay = LiveTimeline(scenario, MemoryLog(4)).at(EPOCH), bundle.timeline.at(EPOCH)
    some = 0
    for record in live.executions(0, 1_000).value:
        ex_id = record.fields["ex_id"]
        errors = [error.fields for error in live.errors(ex_id).value]
        assert [error.fields for error in replay.errors(ex_id).value] == errors
        some += len(errors)

    assert some > 500


def test_parts_are_joined_in_small_chunks(parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a chunk ends, in the middle of the list's end too, the bytes are the same."""
    for size in (1, 2, 1_000):
        monkeypatch.setattr(merging, "CHUNK", size)
        assert contents(merge([parts / "1", parts / "2"], tmp_path / f"{size}")) == contents(parts / "whole")


def test_a_part_says_what_it_is(parts: Path) -> None:
    """A part is named in its bundle.json, is no bundle that is served, and two parts share the records."""
    first, second = (json.loads((parts / name / "bundle.json").read_bytes()) for name in ("1", "2"))
    whole = json.loads((parts / "whole" / "bundle.json").read_bytes())

    assert first["part"] == {"number": 1, "of": 2}
    assert {name: first["counts"][name] + second["counts"][name] for name in whole["counts"]} == whole["counts"]
    assert min(first["counts"]["executions"], second["counts"]["executions"]) > whole["counts"]["executions"] // 3
    with pytest.raises(PartError, match="it is part 1 of 2 of one; toolkit merge makes the bundle of all its parts"):
        read_bundle(parts / "1")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["1"], r"cannot merge 1 of 2 parts: missing 2; make them with generate --shard 2/2"),
        (["1", "2", "1"], r"1 is part 1 of 2 too; give each part once"),
        (["1", "whole"], r"whole: it is a whole bundle, not a part; give what generate --shard wrote"),
        (["1", "other"], r"other with \S+1: \$\.origin\.\S+ is \S+ in its bundle\.json, not \S+, so"),
        (
            ["1", "later"],
            r"later with \S+1: \$\.to is '2026-01-01T02:00:00.000Z' in its bundle\.json, not '2026-01-01T01",
        ),
        (["1", "third"], r"third with \S+1: \$\.part\.of is 12 in its bundle\.json, not 2, so"),
        (["third"], r"missing 1, 2, 4, 5, 6, 7, 8, 9, 10, 11 and more;"),
        (["1", "nothing"], r"nothing: there is nothing"),
    ],
)
def test_parts_that_make_no_whole_are_refused(parts: Path, tmp_path: Path, names: list[str], message: str) -> None:
    """A missing part, one given twice, and one of another bundle are named, and nothing is written."""
    generate(Scenario(seed=6, jobs=40), EPOCH, EPOCH + HOUR, tmp_path / "other", part=Part(2, 2))
    generate(SCENARIO, EPOCH, EPOCH + 2 * HOUR, tmp_path / "later", part=Part(2, 2))
    generate(SCENARIO, EPOCH, EPOCH + HOUR, tmp_path / "third", part=Part(3, 12))
    before = sorted(tmp_path.iterdir())
    given_ = [parts / name if (parts / name).exists() else tmp_path / name for name in names]
    with pytest.raises(BundleError, match=message):
        merge(given_, tmp_path / "joined")

    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_part_is_refused(parts: Path, tmp_path: Path, name: str) -> None:
    """A part that is not as it was written is named with its file, and nothing is written."""
    shutil.copytree(parts / "1", tmp_path / "1")
    (tmp_path / "1" / name).write_bytes((tmp_path / "1" / name).read_bytes() + b" ")
    with pytest.raises(
        BundleDamaged, match=rf"1: {name} does not match its digest in bundle.json; make the part again"
    ):
        merge([parts / "2", tmp_path / "1"], tmp_path / "joined")

    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_part_cannot_be_of_fewer(parts: Path, tmp_path: Path) -> None:
    """A manifest that says part 3 of 2 is damaged."""
    shutil.copytree(parts / "1", tmp_path / "1")
    manifest = json.loads((tmp_path / "1" / "bundle.json").read_bytes())
    (tmp_path / "1" / "bundle.json").write_text(json.dumps(manifest | {"part": {"number": 3, "of": 2}}))
    with pytest.raises(BundleDamaged, match=r"bundle.json \$.part: is 3 of 2"):
        merge([tmp_path / "1"], tmp_path / "joined")


def test_a_bundle_that_is_there_is_replaced_only_with_force(parts: Path, tmp_path: Path) -> None:
    """As everywhere, nothing is overwritten without --force."""
    target = merge([parts / "1", parts / "2"], tmp_path / "joined")
    with pytest.raises(TargetError, match="--force"):
        merge([parts / "1", parts / "2"], target)

    assert contents(merge([parts / "2", parts / "1"], target, force=True)) == contents(parts / "whole")


@given(st.text(max_size=30), st.integers(1, 40))
def test_every_id_is_in_one_part(record_id: str, of: int) -> None:
    """Whatever an id looks like, exactly one part has it."""
    assert sum(Part(number, of).holds(record_id) for number in range(1, of + 1)) == 1


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "1/2/3", "-1/2", "1/1000000000", "a/b", "٣/٤"])
def test_what_is_no_part_is_refused(text: str) -> None:
    """A part is one of several; anything else is told with how to write it."""
    with pytest.raises(UsageError, match=r"write it like 2/8"):
        parse_part(text)


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`generate --shard` and `merge` print what they wrote, by default a directory that is named after the part."""
    monkeypatch.chdir(tmp_path)

    def printed(*arguments: str) -> str:
        with toolkit(*arguments) as command:
            assert command.wait() == 0, command.err.all()
            (line,) = command.out.all()
        return line

    arguments = ("generate", "--seed", "5", "--jobs", "40")
    made = [printed(*arguments, "--shard", f"{number}/2") for number in (1, 2)]

    assert made == ["snapshots/seed-5-part-1-of-2", "snapshots/seed-5-part-2-of-2"]
    assert printed("merge", *reversed(made), "--output", "joined") == "joined"
    printed(*arguments, "--output", "whole")
    assert contents(tmp_path / "joined") == contents(tmp_path / "whole")


def test_a_part_is_read_as_it_is_written() -> None:
    """Blanks around it do not matter."""
    assert [parse_part(text) for text in ("1/1", " 2/8 ", "8/8")] == [Part(1, 1), Part(2, 8), Part(8, 8)]
