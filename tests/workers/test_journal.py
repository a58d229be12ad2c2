from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workers.crews import FROZEN, JSON, body_of, crewed
from toolkit.server.journal import Journal, Shelf
from toolkit.server.workers import journals
from toolkit.server.workers.journals import Ledger, Loose

if TYPE_CHECKING:
    from tests.workers.crews import Crewed, Wire

STEPS = st.lists(st.sampled_from(["owner", "first", "second", "list", "clear"]), max_size=60)


@given(STEPS, st.integers(0, 7))
def test_several_journals_are_one(steps: list[str], most: int) -> None:
    """Whoever answers, the requests that are kept, their order and their numbers are those of one journal."""
    one, ledger = Journal(most), Ledger(most, Shelf())
    others = {"first": Loose(most), "second": Loose(most)}
    moments = iter(range(1, 1_000))

    def settle() -> None:
        ledger.settle(next(moments), [other.taken() for other in others.values()])

    before = journals.uptime
    journals.uptime = lambda: next(moments)  # type: ignore[assignment]
    try:
        for number, step in enumerate(steps):
            if step in {"list", "clear"}:
                settle()
                assert (ledger.total, ledger.kept()) == (one.total, one.kept())
                if step == "clear":
                    ledger.clear()
                    one.clear()
                continue
            for journal in (one, others.get(step, ledger)):
                journal.add(number, "GET", f"/{number}", b"", b"", 200)
        settle()
    finally:
        journals.uptime = before
    assert (ledger.total, ledger.kept()) == (one.total, one.kept())


def test_what_comes_while_the_others_are_asked_waits_for_the_next_time() -> None:
    """So that a request which another process answered before it is listed before it."""
    ledger, other = Ledger(10), Loose(10)
    moment = journals.uptime()
    ledger.add(1, "GET", "/late", b"", b"", 200)
    ledger.settle(moment, [])
    assert ledger.kept() == []
    other.add(2, "GET", "/later", b"", b"", 200)
    ledger.settle(journals.uptime(), [other.taken()])
    assert [(asked.number, asked.target) for asked in ledger.kept()] == [(1, "/late"), (2, "/later")]


def listed(wire: Wire) -> dict[str, Any]:
    """List the requests."""
    page: dict[str, Any] = body_of(wire.ask("GET", "/_toolkit/requests"))
    return page


def asked(crew: Crewed) -> list[str]:
    """Ask both processes by turns, read and write, and give what was asked, in order."""
    wires, paths = crew.both(), []
    for number in range(12):
        wire, path = wires[number % 2], f"/v1/jobs?from={number}"
        paths.append(path)
        if number % 5 == 4:
            wire.ask("POST", path, JSON, body=b"{}")
        else:
            wire.ask("GET", path)
    return paths


def test_the_journal_has_the_requests_of_all_processes_in_order() -> None:
    """Each exactly once, numbered from 1, whoever lists them; forgotten and reset they are gone everywhere."""
    with crewed(*FROZEN) as crew:
        wire = crew.to(crew.worker)
        for path, method in (("/_toolkit/requests", "DELETE"), ("/_toolkit/reset", "POST")):
            wire.ask(method, path, JSON, body=b"{}")
            assert listed(wire)["total"] == 0
            crew.both()
            wire.ask(method, path, JSON, body=b"{}")
            paths = asked(crew)
            page = listed(wire)
            shown = [one["path"] + "?from=" + one["query"]["from"][0] for one in page["requests"] if one["query"]]
            assert shown == paths
            assert [one["number"] for one in page["requests"]] == list(range(1, page["total"] + 1))
            assert listed(crew.to(crew.owner))["requests"][: page["total"]] == page["requests"]
            found = wire.ask("POST", "/_toolkit/requests/find", JSON, body=b'{"method": "POST"}')
            assert body_of(found)["count"] == 2


def test_the_last_ones_are_kept() -> None:
    """With room for few, the newest of all processes are there, and the total counts every one."""
    with crewed(*FROZEN, "--requests", "5") as crew:
        wire = crew.to(crew.worker)
        wire.ask("DELETE", "/_toolkit/requests")
        crew.both()
        before = listed(wire)["total"]
        paths = asked(crew)
        page = listed(wire)
    # Connecting until both processes had a connection was asked too.
    assert page["total"] >= before + len(paths)
    assert page["kept"] == 5
    assert [f"/v1/jobs?from={one['query']['from'][0]}" for one in page["requests"]] == paths[-5:]
