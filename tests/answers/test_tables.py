"""Text tables: the observed bytes, and the corners of easy-table, lodash and JavaScript that were not observed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from toolkit.answers.answer import Cluster, Request, Response, answer, begin, finish
from toolkit.answers.parameters import parse_query
from toolkit.answers.tables import columns_of, own_value, table, width
from toolkit.answers.txt import JOBS, with_deletion
from toolkit.model.javascript import MISSING, cut, get, text_of
from toolkit.model.wire import Literal
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Track

DATA = Path(__file__).parents[1] / "data" / "observed-tables.jsonl"
GROUPS = [json.loads(line) for line in DATA.read_text().splitlines()]
_SEEN = json.loads((DATA.parent / "observed-lists.json").read_text())
LISTS = {
    "jobs": _SEEN["jobs"] + _SEEN["deleted_jobs"],
    "executions": _SEEN["executions"] + _SEEN["deleted_executions"],
}
OBSERVED = [(group["records"], shown) for group in GROUPS for shown in group["tables"]]


def replaying(records: dict[str, Any]) -> Cluster:
    """Serve records by collection, as a recording of one instant does."""
    tracks = {}
    for name, held in records.items():
        keyed = held.items() if isinstance(held, dict) else [(doc[KINDS[name].id_field], doc) for doc in held]
        tracks[name] = [Track(key, doc) for key, doc in keyed]
    return Cluster(TrackTimeline(tracks, 0, 1), None, "replay")


def get_text(target: str, records: dict[str, Any] | None = None, method: str = "GET") -> Response:
    """Ask such a cluster."""
    return answer(replaying(records or {}), 0, Request(method, target))


@pytest.mark.parametrize(("records", "shown"), OBSERVED, ids=[shown["target"] for _, shown in OBSERVED])
def test_tables_are_the_observed_bytes(records: dict[str, Any], shown: dict[str, Any]) -> None:
    """A table of the records of the real cluster has its bytes and headers."""
    got = get_text(shown["target"], records)

    assert got.body.decode() == shown["body"]
    assert dict(got.headers) == shown["headers"]


def process(number: int) -> dict[str, Any]:
    """A process of a node."""
    return {"worker_id": number, "assignment": "worker", "pid": number}


def node(name: str, state: str, processes: int) -> dict[str, Any]:
    """A node with processes."""
    return {"node_id": name, "hostname": f"{name}.h", "state": state, "active": [process(n) for n in range(processes)]}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", "0 1 2 3 4"), ("size=2", "0 1"), ("from=3&size=4", "3"), ("from=10&size=5", ""), ("from=-2", "3 4"),
        ("size=-1", "0 1 2 3"), ("size=abc", ""), ("size=1&size=2", ""), ("from=x&size=1.9", "0"),
        ("size=", "0 1 2 3 4"),
    ],
)  # fmt: skip
def test_size_is_where_the_slice_ends(query: str, rows: str) -> None:
    """Processes, nodes and controllers are cut as JavaScript's `slice(from, size)` does."""
    text = get_text(f"/txt/workers?fields=pid&headers=false&{query}", {"nodes": {"n": node("n", "connected", 5)}})

    assert text.body.decode().split() == rows.split()


def test_only_connected_nodes_show_their_processes() -> None:
    """A disconnected node is in the table of nodes, and its processes are in none."""
    nodes = {"a": node("a", "connected", 1), "b": node("b", "disconnected", 2)}

    assert get_text("/txt/workers?fields=node_id,hostname&headers=false", {"nodes": nodes}).body == b"a  a.h\n"
    shown = get_text("/txt/nodes?fields=node_id,active,state&headers=false", {"nodes": nodes}).body
    assert shown == b"a  1  connected   \nb  2  disconnected\n"


def test_odd_nodes_of_a_recording_show_no_processes() -> None:
    """Whatever a recorded node holds for its processes, the tables are answered."""
    nodes = {"a": {"state": "connected", "active": 5}, "b": {"state": "connected", "active": [3, process(1)]}}

    assert get_text("/txt/workers?fields=pid,node_id&headers=false", {"nodes": nodes}).body == b"1  N/A\n"
    assert get_text("/txt/nodes?fields=node_id,active&headers=false", {"nodes": nodes}).body == b"N/A  0\nN/A  1\n"


def test_a_cluster_on_kubernetes_shows_pods() -> None:
    """The columns of workers are another cluster type's where the cluster is one."""
    kubernetes = answer(
        Cluster(TrackTimeline({"cluster": [Track("info", {"clustering_type": "kubernetesV2"})]}, 0, 1), None, "replay"),
        0,
        Request("GET", "/txt/workers"),
    )

    assert kubernetes.body.split()[:6] == [b"assignment", b"job_id", b"ex_id", b"node_id", b"pod_name", b"image"]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("", ["x", "y"]), ("fields=", ["x", "y"]), ("fields=,%20,", ["x", "y"]), ("fields=b,a", ["b", "a"]),
        ("fields=b%20,a,b", ["b", "a"]), ("fields=a%20b", ["a b"]), ("fields=a,b&fields=c", ["a,b", "c"]),
        ("fields=a,2,1,01", ["1", "2", "a", "01"]),
    ],
)  # fmt: skip
def test_fields_are_read_as_teraslice_reads_them(query: str, columns: list[str]) -> None:
    """Commas separate, blanks around a name go, a name counts once, numbers come first as in a JavaScript object."""
    assert columns_of(parse_query(query), ["x", "y"]) == columns


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (False, "false"), ("", ""), (0, "0"), (-12, "-12"), ([], ""),
        ({}, "[object Object]"),
        ([1, None, [2, "x"], {}], "1,,2,x,[object Object]"), (MISSING, ""), (2**53, "9007199254740992"),
        (2**53 + 1, "9007199254740992"), (10**21, "1e+21"), (-(10**20), "-100000000000000000000"),
        (Literal("1.0"), "1"), (Literal("1e5"), "100000"), (Literal("0.000001"), "0.000001"),
        (Literal("1.5e-7"), "1.5e-7"),
        (Literal("-12.50"), "-12.5"), (Literal("0.05"), "0.05"), (Literal("-0"), "0"),
        (Literal("-0.0"), "0"), (Literal("1e400"), "Infinity"),
        (Literal("-1e400"), "-Infinity"), (10**400, "Infinity"), (-(10**400), "-Infinity"),
        (Literal("123456789012345678901234567890"), "1.2345678901234568e+29"), (Literal('"\\ud800x"'), "\ufffdx"),
        ("\U0001f600", "\U0001f600"),
    ],
)  # fmt: skip
def test_values_print_as_javascript_prints_them(value: Any, text: str) -> None:
    """`String(value)`, numbers as doubles."""
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", {"b": [{"c": 5}, "text", None]}), ("a.b[0].c", 5), ("a.b.0.c", 5), ("a['b'][0][\"c\"]", 5),
        ("a.b[9]", MISSING),
        ("a.b[2].x", MISSING), ("a.b.length", 3), ("a.b[1].length", 4), ("a.b[1][2]", "x"), ("a.b[-1]", MISSING),
        ("a.b.00", MISSING), ("a.b.x", MISSING), ("x.y", 7), ("n", None), ("n.x", MISSING), (".a", MISSING),
        ("a..b", MISSING),
        ("[]", MISSING), ("q['it\\'s']", 3), ("five.x", MISSING), ("toString", MISSING),
    ],
)  # fmt: skip
def test_paths_reach_where_lodash_reaches(path: str, found: Any) -> None:
    """Dots, brackets and quotes are paths; a field of that very name comes first."""
    document = {"a": {"b": [{"c": 5}, "text", None]}, "x.y": 7, "n": None, "q": {"it's": 3}, "five": 5}

    assert get(document, path) == found


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("plain", 5), ("", 0), ("ä", 1), ("日本語", 6), ("한", 2), ("\uff46", 2), ("e\u0301", 1), ("\u00ad", 1),
        ("\u1160", 0),
        ("\U0001f600", 2), ("a\tb", 2), ("\u303f", 1), ("\u200b", 0),
    ],
)  # fmt: skip
def test_wide_characters_count_twice(text: str, columns: int) -> None:
    """Widths are those of a terminal, by UTF-16 units; control and combining characters take none."""
    assert width(text) == columns


def test_columns_stay_in_line_beside_wide_characters() -> None:
    """Padding goes by the width shown, line breaks stay, the last column is padded too."""
    rows = [{"a": "日本", "b": None}, {"a": "x", "b": "y\nz"}]
    text = "a     b   \n----  ----\n日本  null\nx     y\nz \n"

    assert table(rows, {}, ["a", "b"]) == text.replace("y\nz ", "y\nz  ")


@pytest.mark.parametrize("name", ["jobs", "ex"])
@pytest.mark.parametrize(
    "query",
    [
        "", "size=1&from=1", "sort=_updated:asc", "sort=workers:desc,_created", "active=true", "active=false",
        "filter=name:rec", "deleted=true", "deleted=", "deleted=true&filter=workers:%3E1&sort=_created:asc",
        "deleted=true&active=true", "deleted=false&size=0",
    ],
)  # fmt: skip
def test_tables_show_what_the_lists_find(name: str, query: str) -> None:
    """A table's rows are the records of the JSON list of the same query, in its order."""
    key = {"jobs": "job_id", "ex": "ex_id"}[name]
    listed = json.loads(get_text(f"/v1/{name}?{query}", LISTS).body)
    shown = get_text(f"/txt/{name}?{query}&fields={key}&headers=false", LISTS)

    assert shown.body.decode().split() == [one[key] for one in listed]


@pytest.mark.parametrize("name", ["jobs", "ex"])
@pytest.mark.parametrize(
    "query",
    [
        "size=x", "from=-1", "size=20000", "sort=name", "sort=bogus", "sort=a&sort=b", "filter=((", "deleted=maybe",
        "deleted=true&deleted=true", "filter=workers:x", "size=-1&deleted=x",
    ],
)  # fmt: skip
def test_tables_are_refused_as_the_lists_are(name: str, query: str) -> None:
    """An error is JSON, and the list's own."""
    listed, shown = get_text(f"/v1/{name}?{query}", LISTS), get_text(f"/txt/{name}?{query}", LISTS)

    assert shown == listed
    assert shown.status in {400, 500}


def test_the_executions_table_ignores_a_status() -> None:
    """`status` is for `/ex` only. Source: observed."""
    assert get_text("/txt/ex?status=completed", LISTS).body == get_text("/txt/ex", LISTS).body


def test_a_long_table_comes_in_steps() -> None:
    """A long table is searched and laid out in pieces, and is the one that comes at once."""
    jobs = [{"job_id": f"{n:04}", "name": "n" * (n % 7)} for n in range(1_000)]
    begun = begin(replaying({"jobs": jobs}), 0, Request("GET", "/txt/jobs?size=1000&fields=name,job_id"))
    assert not isinstance(begun, Response)
    assert [next(begun) for _ in range(15)] == [None] * 15
    assert finish(begun).body.decode() == table(jobs, {}, ["name", "job_id"])


def test_what_was_deleted_has_a_column_more() -> None:
    """`_deleted_on` is there unless `deleted` is `false` or left out."""
    assert with_deletion(JOBS, {}) == with_deletion(JOBS, {"deleted": ["false"]}) == JOBS
    assert (
        with_deletion(JOBS, {"deleted": ["true"]}) == with_deletion(JOBS, {"deleted": [""]}) == (*JOBS, "_deleted_on")
    )


def test_an_assets_table_knows_its_columns_only() -> None:
    """Other fields are blank, a path is no path, a description is cut to 30 units, half a character is replaced."""
    asset = {
        "id": "1" * 40,
        "name": "a",
        "version": "1",
        "_created": "x",
        "blob": "z",
        "description": "d" * 29 + "\U0001f600",
    }
    shown = get_text("/txt/assets?fields=name,blob,description&headers=false", {"assets": [asset]})

    assert shown.body.decode() == f"a    {'d' * 29}\ufffd\n"
    assert own_value(asset, "name[0]") is MISSING
    assert cut("abc", 2) == "ab"


ASSETS = [
    {"id": name * 40, "name": named, "version": version, "_created": f"2026-01-0{day}T00:00:00.000Z", **more}
    for name, named, version, day, more in (
        ("a", "x", "1.0.0", 4, {"node_version": 22}),
        ("b", "y", "2.0.0", 3, {"description": "good"}),
        ("c", "x", "1.1.0", 2, {"node_version": 18}),
        ("d", 'q"', "1.0.0", 1, {}),
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "ids"),
    [
        ("/assets", "abcd"), ("/assets?sort=", "abcd"), ("/assets?sort=_created:desc&filter=name:x", "abcd"),
        ("/assets?sort=_created:asc", "dcba"), ("/assets?sort=_created:sideways", "dcba"),
        ("/assets?sort=name", "dacb"), ("/assets?sort=name,version:desc", "dcab"),
        ("/assets?sort=version:desc", "bcad"),
        ("/assets?sort=id:desc&size=2&from=1", "cb"), ("/assets?sort=node_version:asc", "cabd"),
        ("/assets?sort=description:asc", "bacd"), ("/assets/x?sort=version:desc", "ca"), ("/assets/X", ""),
        ("/assets/x/1.1.0", "c"), ("/assets/q%5C%22", "d"), ("/assets?sort=_created:desc&size=1.9&from=1", "b"),
    ],
)  # fmt: skip
def test_assets_come_in_the_order_asked_for(target: str, ids: str) -> None:
    """Any field that the index can sort by, one after the other; in the table as in the JSON; a filter is ignored."""
    served = json.loads(get_text(f"/v1{target}", {"assets": ASSETS}).body)
    shown = get_text(f"/txt{target}{'&' if '?' in target else '?'}fields=id&headers=false", {"assets": ASSETS})

    assert [one["id"][0] for one in served] == list(ids)
    assert [line[0] for line in shown.body.decode().split()] == list(ids)


SEARCH = "OpenSearch Error: Search Phase Execution: "


@pytest.mark.parametrize(
    ("target", "status", "begins"),
    [
        (
            "/assets?sort=bogus:asc",
            400,
            SEARCH + "[Query Shard] Reason: No Mapping Found For [Bogus] In Order To Sort On",
        ),
        ("/assets?sort=_updated", 400, SEARCH + "[Query Shard] Reason: No Mapping Found For [ Updated]"),
        ("/assets?sort=blob", 400, SEARCH + "[Illegal Argument] Reason: Can't Load Fielddata On [Blob] Because"),
        ("/assets?sort=a&sort=b", 500, "sort parameter must be a string, got a,b"),
        ("/assets?size=-1&sort=bogus", 400, "OpenSearch Error: Illegal Argument: Reason: [Size] Parameter Cannot Be"),
        ("/assets?size=10001", 400, SEARCH + "[Illegal Argument] Reason: Result Window Is Too Large"),
        ("/assets/a%22b", 400, SEARCH + '[Query Shard] Reason: Failed To Parse Query [Id:* AND Name:"a"b"]'),
    ],
)
def test_assets_are_refused_in_opensearchs_words(target: str, status: int, begins: str) -> None:
    """Orders, pages and names that cannot be searched, with the assets service's headers."""
    for before in ("/v1", "/txt"):
        got = get_text(before + target, {"assets": ASSETS})

        assert got.status == status
        assert json.loads(got.body)["message"].startswith(begins)
        assert "content-type" in dict(got.headers)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/v1/assetsfoo?x=1", "/assetsfoo"), ("/V1/ASSETS/a/b/c", "/ASSETS/a/b/c"),
        ("/txt/assets/a/b/c", "/txt/assets/a/b/c"),
        ("/assets-it's&<b>", "/assets-it&#39;s&amp;%3Cb%3E"),
    ],
)  # fmt: skip
def test_unknown_asset_paths_get_the_services_own_page(target: str, shown: str) -> None:
    """What the assets service does not know is Express's 404 page, with the path made harmless."""
    response = get_text(target)

    assert response.status == 404
    assert f"<pre>Cannot GET {shown}</pre>" in response.body.decode()


def test_tables_are_at_the_root_only() -> None:
    """`/v1/txt` is an unknown endpoint, and OPTIONS is refused for tables, but not for assets."""
    assert get_text("/v1/txt/jobs").status == get_text("/txt/assets", method="OPTIONS").status == 405
    assert get_text("/v1/assets", method="OPTIONS").body == b"DELETE, GET, HEAD, POST"


def test_an_assets_answer_is_conditional_too() -> None:
    """Lower-case headers make no difference to If-None-Match."""
    tag = dict(get_text("/v1/assets").headers)["etag"]
    response = answer(replaying({}), 0, Request("GET", "/v1/assets", if_none_match=tag))

    assert (response.status, response.body) == (304, b"")
    assert [name for name, _ in response.headers] == ["x-powered-by", "etag"]
