from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.credentials import is_credential
from toolkit.model.wire import Literal, dumps
from toolkit.recorder.allowed import HARMLESS, KINDS, is_date, is_id, is_public, is_span, is_version
from toolkit.recorder.pseudonyms import Pseudonyms
from toolkit.recorder.redact import Redactor, Report

UUID = "17bb809a-4a6f-465a-9ee6-989e30c1db87"
DATE = "2026-11-22T17:34:44.859Z"
ASSET = "9181b4894451e2e6001e5fe1a23b839cbedcc941"
WORD = re.compile(r"[a-z]{12}")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def redactor(*secrets: str, keep_names: bool = False) -> Redactor:
    """Make a redactor of a recording."""
    return Redactor(b"key", keep_names=keep_names, secrets=secrets)


def same(kind: str, document: dict[str, Any]) -> bool:
    """Tell whether a record stays as it is."""
    return dumps(redactor().document(kind, document)) == dumps(document)


def field(kind: str, name: str, value: object) -> Any:
    """Redact one field."""
    return redactor().document(kind, {name: value})[name]


@pytest.mark.parametrize(
    "record",
    [
        {"job_id": UUID, "_context": "job", "_created": DATE, "active": True, "assets": None},
        {"job_id": UUID.replace("-", ""), "_created": "2026-11-22T17:34:44.859123", "_slicer_stats": None},
        {"lifecycle": "once", "assets": [ASSET, "standard:1.0.0"], "log_level": "debug"},
        {
            "operations": [
                {"_op": "elasticsearch_reader", "_encoding": "json", "_dead_letter_action": "throw", "size": 5}
            ]
        },
        {"operations": [{"_op": f"noop@{ASSET}", "passthrough_slice": False, "interval": "30s"}]},
        {"apis": [{"_name": "kafka_sender"}], "env_vars": {}, "labels": None, "metadata": {}},
        {"ex_id": UUID, "_status": "failing", "teraslice_version": "v3.18.0", "recovered_slice_type": "all"},
        {"_slicer_stats": {"started": DATE, "processed": 5}, "_failureReason": ""},
        {"labels": None, "metadata": {}, "operations": [{"start": DATE}]},
    ],
)
def test_what_is_known_and_harmless_stays(record: dict[str, Any]) -> None:
    """Ids, statuses, dates, versions, lifecycles, public operations, numbers and nulls are not touched."""
    assert same("executions", record)


def test_other_kinds_keep_what_is_theirs() -> None:
    """Each kind of record keeps its own known fields."""
    assert same(
        "info", {"arch": "x64", "clustering_type": "kubernetesV2", "platform": "linux", "node_version": "v22.1.0"}
    )
    assert same("stats", {"controllers": {"processed": 1}, "slicer": {"failed": 2}})
    assert same("controllers", {"ex_id": UUID, "processed": 7, "queuing_complete": DATE})
    assert same("nodes", {"state": "connected", "pid": "N/A", "active": [{"assignment": "worker", "worker_id": 3}]})
    assert same("assets", {"id": "9" * 40, "version": "1.0.0", "node_version": 22, "external_storage": "available"})
    assert same(
        "errors",
        {"slice_id": UUID, "slicer_id": 0, "slicer_order": 7, "state": "error", "ex_id": UUID, "_created": DATE},
    )


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("jobs", "name", "acme"),
        ("jobs", "job_id", "acme"),
        ("jobs", "_created", "yesterday"),
        ("jobs", "_created", "٢٠٢٦-01-01T00:00:00Z"),
        ("jobs", "lifecycle", "acme"),
        ("jobs", "workers", "5"),
        ("jobs", "operations", "acme"),
        ("executions", "_status", "acme"),
        ("executions", "_failureReason", "acme"),
        ("operations", "_connection", "acme"),
        ("operations", "_op", "acme"),
        ("operations", "_op", "averyveryverylongwordwithoutanybreak"),
        ("operations", "interval", "acme"),
        ("assets", "name", "acme"),
        ("errors", "state", "acme"),
    ],
)
def test_what_is_not_known_becomes_a_pseudonym(kind: str, name: str, value: str) -> None:
    """A string in the wrong field or of the wrong shape does not stay."""
    assert WORD.fullmatch(field(kind, name, value))


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("jobs", "job_id", f"{UUID}\n"),
        ("executions", "teraslice_version", "10.0.0.1"),
        ("executions", "slicer_hostname", "10.0.0.1"),
        ("operations", "ex_id", UUID),
        ("operations", "_op", "op-d41d8cd98f00"),
        ("errors", "request", '{"acme":"acme"}'),
    ],
)
def test_nothing_of_an_unknown_text_is_left(kind: str, name: str, value: str) -> None:
    """A text that has a shape keeps no more than that."""
    after = dumps(redactor().document(kind, {name: value})).decode()

    assert value.strip() not in after
    assert "acme" not in after


def test_a_pseudonym_is_the_same_everywhere() -> None:
    """The same text gets the same pseudonym as value, key, in a URL and in an error, so that joins survive."""
    for host in ("ts-worker-1", "es-1.acme.com", "10.1.2.3", "fe80::1", "worker1"):
        one = redactor()
        key = one.key(host)
        shown = f"[{key}]" if ":" in key else key
        url = f"http://{shown.replace(key, host)}:9200/"

        assert one.document("executions", {"slicer_hostname": host}) == {"slicer_hostname": key}
        assert one.document("nodes", {"node_id": host, "hostname": host}) == {"node_id": key, "hostname": key}
        assert one.document("jobs", {"labels": {host: [host]}}) == {"labels": {key: [key]}}
        assert one.document("operations", {"url": url}) == {"url": f"http://{shown}:9200/"}
        said = f"Error: connect ECONNREFUSED {host}, caused by Error: host {host} at {url} failed"
        assert one.document("errors", {"error": said})["error"] == said.replace(host, key)
        assert Redactor(b"other").key(host) != key
    assert redactor().key("") == ""


def test_names_with_assets_keep_their_parts() -> None:
    """An operation's asset is a name of its own; an id and a version of it stay, public ones too."""
    one = redactor()
    asset = one.key("acme")

    assert field("operations", "_op", "noop@acme:1.2.3") == f"noop@{asset}:1.2.3"
    assert field("operations", "_op", "noop@acme:latest") == f"noop@{asset}:latest"
    assert field("operations", "_op", "noop@acme") == f"noop@{asset}"
    assert field("operations", "_op", "noop@standard:1.2.3") == "noop@standard:1.2.3"
    assert field("operations", "_op", f"acme@{ASSET}") == f"{asset}@{ASSET}"
    assert field("operations", "_name", "elasticsearch_sender_api:acme") == f"elasticsearch_sender_api:{asset}"
    assert field("operations", "_op", "Acme Op@acme") == f"{one.key('Acme Op')}@{asset}"
    assert field("executions", "assets", ["acme:1.2.3", "acme"]) == [f"{asset}:1.2.3", asset]


@pytest.mark.parametrize(
    "key",
    [
        "password", "PASSWORD", "db_passwd", "pwd", "pass", "dbPass", "secret", "clientSecret", "token", "access_token",
        "authToken", "X-Auth-Token", "apiKey", "API_KEY", "api-key", "apikey", "auth", "basic_auth", "Authorization",
        "credentials", "private_key", "privateKey", "access_key", "accessKeyId", "cookie", "session",
        "sessionId", "JWT", "p\u0430ssword", "\uff50\uff41\uff53\uff53word", "pass\u200bword", "P.A.S.S.W.O.R.D",
        "passw0rd", "t0k3n", "connectionString", "dbpass", "userpass", "passcode", "encryptionKey", "signing_key",
        "pin code", "passes_jwts", "pins", "SSH-KEY", "hmacKey", "master key", "passwords", "key_id",
    ],
)  # fmt: skip
def test_what_is_named_like_a_credential_is_dropped(key: str) -> None:
    """A credential goes with its key and everything in it, wherever it stands and whatever it is."""
    one = redactor()
    inside = {key: {"a": ["b"]}, "size": 1}

    assert one.document("operations", inside) == {"size": 1}
    assert one.document("jobs", {"env_vars": {key: 5}, "operations": [{"path": {key: "x"}}]}) == {
        "env_vars": {},
        "operations": [{"path": {}}],
    }
    assert one.report == Report(credentials=3, pseudonyms=0, leaks=0)


@pytest.mark.parametrize("record", ['{"size":1,"password":"x"}', '{"request":"{\\"token\\":{\\"a\\":1}}"}'])
def test_credentials_in_json_in_a_text_are_dropped(record: str) -> None:
    """JSON in a text is read and redacted as what it holds, in JSON in it too."""
    one = redactor()
    after = json.loads(one.document("errors", {"request": record})["request"])

    assert one.report.credentials == 1
    assert list(after.values()) in ([1], ["{}"])


@pytest.mark.parametrize(
    "pair",
    [
        {"name": "PASSWORD", "value": "x"},
        {"name": "db_pin", "value": 1234},
        {"key": "api-key", "value": {"a": 1}},
        {"variable": "TOKEN", "content": "x"},
    ],
)
def test_the_value_of_a_pair_named_like_a_credential_is_dropped(pair: dict[str, Any]) -> None:
    """What a list of pairs says of a credential goes, however the pair is written."""
    one = redactor()

    for record in ({"metadata": [pair]}, {"targets": [pair]}):
        ((after,),) = one.document("jobs", record).values()
        assert list(after.values()) == [one.key(next(iter(pair.values())))]
    assert one.document("jobs", {"metadata": {"a": ["PIN", 1234]}}) == {"metadata": {one.key("a"): [one.key("PIN")]}}
    assert one.report.credentials == 3


@pytest.mark.parametrize("value", [48_291_377, 7, "x", {"a": 48_291_377}, [48_291_377], Literal("4829.10")])
@pytest.mark.parametrize("giving", ["value", "Value", "VALUE", "fieldValue", "string_value", "Data"])
@pytest.mark.parametrize("naming", ["env", "id", "Name", "NAME", "field_name", "field", "what", "envVarName"])
def test_the_value_beside_the_name_of_a_credential_is_dropped(naming: str, giving: str, value: object) -> None:
    """In whatever field the name stands and however both are written, no kind of value is left."""
    one = redactor()
    pair = {naming: "DB_PASSWORD", giving: value}

    for document in ({"metadata": pair}, {"operations": [pair]}, {"targets": [pair]}, {"metadata": {"x": [pair]}}):
        for record in (document, dict(reversed(document.items()))):
            after = dumps(one.document("jobs", record)).decode()
            assert "4829" not in after
            assert one.key("x") not in after.replace(one.key("x") + '":[', "")
    assert one.report.credentials == 8


def test_numbers_beside_the_name_of_a_credential_are_dropped() -> None:
    """A number whose field is not known goes too, a list of names counts, and options of an operation stay."""
    one = redactor()
    operation = {"_op": "set_default", "field_name": "password", "value": 48_291_377, "size": 5_000, "extra": 1234}

    assert one.document("jobs", {"operations": [operation]})["operations"] == [
        {"_op": "set_default", "field_name": one.key("password"), "size": 5_000}
    ]
    assert dumps(one.document("data", {"names": ["user", "pin"], "values": [1234, 5678]})).count(b"1") == 0
    assert one.document("data", {"value": "token"}) == {one.key("value"): one.key("token")}


@pytest.mark.parametrize("rest", [[48_291_377], [48_291_377, "x", 48_291_377], [[48_291_377]], [{"a": 48_291_377}]])
def test_what_follows_the_name_of_a_credential_in_a_list_is_dropped(rest: list[Any]) -> None:
    """Numbers, lists and objects after the name go; what is before it and texts stay as what they are."""
    one = redactor()
    after = one.document("data", {"a": [1, "DB_PASSWORD", *rest]})[one.key("a")]

    assert after == [1, one.key("DB_PASSWORD"), *(one.key(text) for text in rest if isinstance(text, str))]
    assert one.report.credentials == 1


@pytest.mark.parametrize(
    "text",
    [
        "9999-99-99T99:99:99.482913751Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:00+99:99", "0000-01-01T00:00:00Z", "2025-02-29T00:00:00",
    ],
)  # fmt: skip
def test_only_days_of_the_calendar_are_dates(text: str) -> None:
    """What is written like a date and is none is data."""
    assert not is_date(text)
    for kind, name in (("jobs", "_created"), ("data", "a"), ("errors", "error")):
        assert text not in dumps(redactor().document(kind, {name: text})).decode()


@pytest.mark.parametrize("text", [ASSET, ASSET[:32], UUID])
@pytest.mark.parametrize("name", ["_op", "_name", "api_name", "_api_name"])
def test_an_id_is_no_name_of_an_operation(name: str, text: str) -> None:
    """Ids stay where ids stand: an operation is not called like one, nor is an asset."""
    assert field("operations", name, text) != text
    assert field("assets", "name", text) != text
    assert field("jobs", "assets", [text]) == [text]


@pytest.mark.parametrize(
    "key", ["author", "passthrough_slice", "path", "keys", "key", "bypass", "pinned", "compass", "subslice_by_key"]
)
def test_what_only_sounds_like_a_credential_stays(key: str) -> None:
    """Words that hold a credential's name by chance are ordinary keys."""
    assert not is_credential(key)


def test_known_fields_are_never_dropped() -> None:
    """No known field of any kind is named like a credential."""
    for kind in KINDS.values():
        assert not [key for key in (*kind.strings, *kind.inside, *kind.names) if is_credential(key)]
        assert all(kind.knows(key) for key in (*kind.prose, *kind.titles, *kind.public))


def test_unknown_keys_become_pseudonyms() -> None:
    """Every key that is not a known field's is data, plain words too."""
    one = redactor()
    record = {"env_vars": {"ACME": 1}, "labels": {"name": 1}, "note": {"acme": 1}, "acme": 1, "s3": 1}

    assert one.document("jobs", record) == {
        "env_vars": {one.key("ACME"): 1},
        "labels": {one.key("name"): 1},
        one.key("note"): {one.key("acme"): 1},
        one.key("acme"): 1,
        one.key("s3"): 1,
    }


def test_known_pairs_keep_their_keys() -> None:
    """Targets, volumes and ports keep the names of their fields and nothing else."""
    one = redactor()

    assert one.document("jobs", {"targets": [{"key": "zone", "value": "west", "zone": 1}]}) == {
        "targets": [{"key": one.key("zone"), "value": one.key("west"), one.key("zone"): 1}]
    }


def test_keys_with_one_pseudonym_are_both_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should two keys of an object ever get the same pseudonym, no value is lost."""
    monkeypatch.setattr(Pseudonyms, "text", lambda _self, _text: "p")

    assert redactor().document("data", {"a": 1, "b": 2, "c": 3}) == {"p": 1, "p-": 2, "p--": 3}


def test_exact_numbers_stay_and_odd_texts_do_not() -> None:
    """A number kept as text is a number; a text kept as it was written is a text."""
    one = redactor("12345.50")
    document = one.document("jobs", {"workers": Literal("1.50"), "name": Literal('"\\ud800acme"')})

    assert document["workers"] == Literal("1.50")
    assert WORD.fullmatch(document["name"])
    assert WORD.fullmatch(one.document("data", {"a": Literal("12345.50")})[one.key("a")])


def test_an_address_keeps_its_shape() -> None:
    """An address keeps its scheme and port; host and path become pseudonyms."""
    one = redactor()

    assert one.address(httpx.URL("https://acme.example:5678/a/b/")) == (
        f"https://{one.key('acme.example')}:5678/{one.key('a')}/{one.key('b')}"
    )
    assert one.address(httpx.URL("http://acme.example/")) == f"http://{one.key('acme.example')}"


def test_job_names_are_kept_on_request() -> None:
    """With names kept, jobs, executions and controllers keep them, but never a secret; other names do not stay."""
    one = redactor("hunter2hunter2", keep_names=True)

    for kind in ("jobs", "executions", "controllers"):
        assert one.document(kind, {"name": "Nightly load"}) == {"name": "Nightly load"}
    assert one.report == Report(0, 0, 0)
    assert one.document("info", {"name": "prod"}) != {"name": "prod"}
    assert "hunter" not in str(one.document("jobs", {"name": "load hunter2hunter2"}))
    assert "AKIA" not in str(one.document("jobs", {"name": "load AKIAIOSFODNN7EXAMPLE"}))
    assert one.report.leaks == 2


def test_what_was_used_to_reach_the_cluster_never_stays() -> None:
    """A secret goes even where any word of messages stays, as a number too; fixed words of the records do not."""
    one = redactor("worker", "connected", "71717171", "running")
    error = "Error: the worker failed 71717171 times"
    after = one.document("errors", {"error": error})["error"]

    assert re.fullmatch(r"Error: the [a-z]{12} failed [a-z]{12} times", after)
    assert WORD.fullmatch(one.document("data", {"": 71717171})[""])
    assert one.report.leaks == 3
    assert one.document("errors", {"error": error})["error"] == after
    assert one.report.leaks == 5
    assert one.document("executions", {"_status": "running", "workers": 71717171}) == {
        "_status": "running",
        "workers": 71717171,
    }


@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_is_left_in_any_text(secret: str, before: str, after: str) -> None:
    """Whatever a secret is and wherever it stands, what is left does not hold it."""
    one = redactor(secret)
    text = f"{before} {secret} {after}"
    left = one.document("errors", {"error": f"Error: {text}", "request": text, text: text})

    assert not any(map(one.gate.knows, (*left.values(), list(left)[-1])))


def is_left(text: str) -> bool:
    """Tell whether a text may be left where any may stand: fixed by a kind, or made of pseudonyms."""
    if (
        text in HARMLESS
        or is_date(text)
        or any(check(text) for kind in KINDS.values() for check in kind.strings.values())
    ):
        return True
    return is_public(text) or not re.search(r"[A-Z]|[^\x00-\x7f]", text)


@given(kind=st.sampled_from(sorted(KINDS)), record=st.dictionaries(st.text(), JSON, max_size=5))
def test_every_string_left_is_allowed(kind: str, record: dict[str, Any]) -> None:
    """Whatever a record holds, no letter that pseudonyms do not have is left, but where it is fixed."""
    prose = KINDS[kind].prose

    def check(value: object) -> None:
        if isinstance(value, dict):
            for key, inside in value.items():
                assert any(kind.knows(key) for kind in KINDS.values()) or is_left(key)
                check(None if key in prose else inside)
        elif isinstance(value, list):
            for inside in value:
                check(inside)
        elif isinstance(value, str):
            assert is_left(value)

    check(redactor().document(kind, record))


@given(kind=st.sampled_from(sorted(KINDS)), record=st.dictionaries(st.text(), JSON, max_size=5))
def test_redacting_keeps_the_order_and_the_numbers(kind: str, record: dict[str, Any]) -> None:
    """The fields come out in their order, none lost but credentials, and numbers as they were."""
    kept = [value for key, value in record.items() if KINDS[kind].knows(key) or not is_credential(key)]
    after = list(redactor().document(kind, record).values())

    assert len(after) == len(kept)
    assert [v for v in after if not isinstance(v, (str, list, dict))] == [
        v for v in kept if not isinstance(v, (str, list, dict))
    ]


@given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.dictionaries(st.text(), JSON, max_size=4)), max_size=4))
def test_what_a_record_becomes_does_not_depend_on_what_came_before(records: list[tuple[str, dict[str, Any]]]) -> None:
    """In whatever order records come, and however often, each becomes the same."""
    one = redactor("secret-of-all")
    forwards = [dumps(one.document(kind, record)) for kind, record in records]
    backwards = [dumps(one.document(kind, record)) for kind, record in reversed(records)]
    fresh = [dumps(redactor("secret-of-all").document(kind, record)) for kind, record in records]

    assert forwards == backwards[::-1] == fresh


def test_what_is_remembered_is_bounded() -> None:
    """More texts than are remembered change nothing, not in what they become and not in the memory used."""
    one = redactor()
    first = one.key("host-0.acme.com")
    for number in range(30):
        one.key(f"{number} " * 50_000)

    assert sum(len(text) for _, text in one._memory) < 10_000_000
    assert one.key("host-0.acme.com") == first


def test_shapes_are_exact() -> None:
    """The shapes take what Teraslice writes and nothing around it."""
    assert is_id(UUID)
    assert not is_id(UUID + "\n")
    assert not is_id("g" * 32)
    assert is_date("2026-01-01T00:00:00+00:00")
    assert not is_date("٢٠٢٦-01-01T00:00:00Z")
    assert is_version("v3.18.0")
    assert is_version("3.18.0-rc.1")
    assert not is_version("3.18.0-acme.1")
    assert not is_version("1.2.3.4")
    assert not is_version("18")
    assert is_span("30s")
    assert not is_span("acme")
    assert is_public("standard:latest")
    assert is_public("kafka_reader@kafka:1.0.0")
    assert not is_public("kafka_reader@acme")
    assert not is_public("acme:1.0.0")
