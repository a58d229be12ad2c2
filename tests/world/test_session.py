"""Whatever clients command: nothing impossible is ever seen, and only scenario, log and instant decide what is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commanding import KINDS, Client, check, check_moves
from toolkit.model.instants import MINUTE
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.draws import Draws
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.timeline.view import Held, Record, View

EPOCH = 1_767_225_600_000
GAPS = (0, 0, 1, 300, 500, 1_700, 4_000, 19_000, 70_000, 9 * MINUTE)
LISTS = ("jobs", "executions", "deleted_jobs", "deleted_executions")
SEEDS = st.integers(0, 2**32)
sessions = settings(max_examples=25, deadline=None)


def session(
    seed: int, jobs: int, steps: int = 25, kinds: tuple[str, ...] = KINDS
) -> tuple[Scenario, MemoryLog, LiveTimeline, list[int]]:
    """Let a client command at random; check at each command what must hold. Gives the instants of the commands."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=jobs, node_slots=8)
    log = MemoryLog()
    timeline = LiveTimeline(scenario, log)
    client, gaps, t = Client(timeline, log, seed), Draws(seed, "gaps"), EPOCH
    instants, before = [], None
    for step in range(steps):
        gap = GAPS[gaps.below(2 * step, len(GAPS))]
        t += gap and gaps.below(2 * step + 1, 2 * gap)
        client.act(t, kinds)
        view = timeline.at(t)
        check(view)
        if before is not None and len(timeline.begins) == before[1]:
            check_moves(before[0], view)
        before = view, len(timeline.begins)
        instants.append(t)
    return scenario, log, timeline, instants


def instants_of(seed: int, commands: list[int]) -> list[int]:
    """Choose instants around the commands and between them."""
    draws = Draws(seed, "asked")
    chosen = {commands[-1]}
    for i in range(10):
        t = commands[draws.below(2 * i, len(commands))]
        chosen.add(t + (-1, 0, 1, 300, 620, draws.below(2 * i + 1, 20_000))[draws.below(i, 6)])
    return sorted({min(max(t, EPOCH), commands[-1]) for t in chosen})


def plain(held: Held[Any]) -> Any:
    """Give what a view gives as documents, keys in their order."""
    value = held.value
    if isinstance(value, list):
        return [
            (entry[0], list(entry[1].fields.items())) if isinstance(entry, tuple) else list(entry.fields.items())
            for entry in value
        ]
    return None if value is None else list(value.fields.items())


def everything(view: View) -> dict[str, Any]:
    """Give all that a view shows."""
    shown = {name: plain(getattr(view, name)()) for name in ("info", "stats", "nodes", "controllers", "assets")}
    shown |= {name: plain(getattr(view, name)(0, 10_000)) for name in LISTS}
    executions: list[Record] = view.executions(0, 10_000).value
    for record in executions:
        ex_id = record.fields["ex_id"]
        shown[f"errors of {ex_id}"] = plain(view.errors(ex_id))
        shown[f"controller of {ex_id}"] = plain(view.controller(ex_id))
    for record in view.jobs(0, 10_000).value:
        job_id = record.fields["job_id"]
        shown[f"latest of {job_id}"] = plain(view.latest_execution(job_id))
        shown[f"living of {job_id}"] = sorted(map(str, plain(view.living_of(job_id))))
    return shown


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 1, 3, 25]))
def test_no_commands_lead_to_anything_impossible(seed: int, jobs: int) -> None:
    """No illegal move, falling counter, doubled worker, negative slot or contradiction, at commands and in between."""
    _, _, timeline, commands = session(seed, jobs, steps=30)

    for t, after in pairwise(instants_of(seed, commands)):
        check(timeline.at(t))
        if not any(t < begin <= after for begin in timeline.begins):
            check_moves(timeline.at(t), timeline.at(after))


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]))
def test_only_scenario_log_and_instant_decide(seed: int, jobs: int) -> None:
    """A timeline asked on the way, and one that knows the log from the start and is asked in any order, agree."""
    scenario, log, timeline, commands = session(seed, jobs)
    fresh = LiveTimeline(scenario, log)

    for t in sorted(instants_of(seed, commands), key=lambda t: hash((t, seed)) % 97):
        assert everything(fresh.at(t)) == everything(timeline.at(t)), t - EPOCH


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]))
def test_a_command_changes_nothing_before_it(seed: int, jobs: int) -> None:
    """What a shorter log gives before the first command that it lacks is what the whole log gives."""
    scenario, log, timeline, commands = session(seed, jobs)
    ordered = log.in_order()
    cut = ordered[len(ordered) // 2].t
    shorter = MemoryLog()
    for command in ordered:
        if command.t < cut:
            shorter.append(command.t, command.entry)
    before = LiveTimeline(scenario, shorter)

    for t in instants_of(seed, commands):
        if t < cut:
            assert everything(before.at(t)) == everything(timeline.at(t)), t - EPOCH


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]), offset=st.sampled_from([0, 0, 1, 5_000, MINUTE]))
def test_a_session_and_its_bundle_agree(seed: int, jobs: int, offset: int) -> None:
    """The square commutes for any log, over refreshes too."""
    _, _, timeline, commands = session(seed, jobs)
    first, last = min(EPOCH + offset, commands[-1]), commands[-1]
    tracks = {name: list(of_kind) for name, of_kind in Bundled(timeline, first, last).tracks().items()}
    replay = TrackTimeline(tracks, first, last)

    for of_kind in tracks.values():
        ids = [track.id for track in of_kind]
        assert ids == sorted(set(ids))
    for t in instants_of(seed, commands):
        if t >= first:
            assert everything(replay.at(t)) | {"x": 0} == everything(timeline.at(t)) | {"x": 0}, t - EPOCH


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]))
def test_what_is_held_stays_so(seed: int, jobs: int) -> None:
    """Everything that a view gives is the same until the instant that it says."""
    _, _, timeline, commands = session(seed, jobs)

    for t in instants_of(seed, commands):
        view = timeline.at(t)
        for name in ("nodes", "controllers", "stats", "assets", *LISTS):
            paged = (0, 50) if name in LISTS else ()
            held = getattr(view, name)(*paged)
            assert held.until > t
            if held.until <= commands[-1]:
                assert plain(getattr(timeline.at(held.until - 1), name)(*paged)) == plain(held), (name, t - EPOCH)


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3]))
def test_changes_tell_every_move(seed: int, jobs: int) -> None:
    """`changes` gives each status change of each execution, and nothing else, between two refreshes."""
    _, _, timeline, commands = session(seed, jobs, kinds=tuple(kind for kind in KINDS if kind != "refresh"))
    told = list(timeline.changes(EPOCH, commands[-1]))

    assert [change.t for change in told] == sorted(change.t for change in told)
    for change in told:
        after = timeline.at(change.t).execution(change.ex_id).value
        assert after is not None
        assert after.fields["_status"] == change.after
        before = timeline.at(change.t - 1).execution(change.ex_id).value
        assert (before.fields["_status"] if before else None) == change.before


def test_of_several_commands_at_one_instant_the_last_is_told() -> None:
    """From what was before all of them; nothing if they come to nothing."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH, jobs=0), log)
    config = {"name": "a", "operations": [{"_op": "test-reader"}, {"_op": "noop"}], "lifecycle": "persistent"}
    log.append(EPOCH, {"do": "post_job", "job_id": "j", "job": config, "ex_id": "e", "execution": config})
    for do in ("pause", "resume"):
        log.append(EPOCH + MINUTE, {"do": do, "ex_id": "e"})
    for do in ("pause", "resume", "stop"):
        log.append(EPOCH + 2 * MINUTE, {"do": do, "ex_id": "e"})

    told = [(change.before, change.after) for change in timeline.changes(EPOCH + 30_000, EPOCH + 3 * MINUTE)]

    assert told == [("running", "stopping"), ("stopping", "stopped")]


def test_totals_of_three_worlds_are_bundled_one_after_the_other() -> None:
    """Also when those of the first two stand still for as long as the bundle shows them."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH), log)
    begin, end = EPOCH + 80_000, EPOCH + 200_000
    for t in (begin + 1_000, begin + 2_000):
        log.append(t, {"do": "refresh"})
    tracks = {name: list(of_kind) for name, of_kind in Bundled(timeline, begin, end).tracks().items()}
    replay = TrackTimeline(tracks, begin, end)

    totals = [plain(timeline.at(t).stats()) for t in range(begin, end, 1_000)]

    assert [plain(replay.at(t).stats()) for t in range(begin, end, 1_000)] == totals
    assert totals[0] != totals[1] == totals[2] != totals[-1]
