from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import Literal, dumps
from toolkit.recorder.allowed import KINDS, is_credential, is_date, is_id, is_name, is_plain_key, is_version
from toolkit.recorder.redact import Redactor, Report

UUID = "17bb809a-4a6f-465a-9ee6-989e30c1db87"
PSEUDONYM = re.compile(r"p-[0-9a-f]{12}")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def redactor() -> Redactor:
    """Make a redactor of a recording."""
    return Redactor(b"key")


def same(kind: str, document: dict[str, Any]) -> bool:
    """Tell whether a record stays as it is."""
    return dumps(redactor().document(kind, document)) == dumps(document)


def field(kind: str, name: str, value: object) -> object:
    """Redact one field."""
    return redactor().document(kind, {name: value})[name]


def is_pseudonym(text: object) -> bool:
    """Tell whether a text is a pseudonym."""
    return isinstance(text, str) and PSEUDONYM.fullmatch(text) is not None


@pytest.mark.parametrize(
    "record",
    [
        {"job_id": UUID, "_context": "job", "_created": "2026-11-22T17:34:44.859Z", "active": True, "assets": None},
        {"job_id": UUID.replace("-", ""), "_created": "2026-11-22T17:34:44.859123", "_slicer_stats": None},
        {"lifecycle": "once", "assets": ["9181b4894451e2e6001e5fe1a23b839cbedcc941"], "log_level": "debug"},
        {
            "operations": [
                {"_op": "elasticsearch_reader", "_encoding": "json", "_dead_letter_action": "throw", "size": 5}
            ]
        },
        {"operations": [{"_op": "noop@9181b4894451e2e6001e5fe1a23b839cbedcc941", "passthrough_slice": False}]},
        {"apis": [{"_name": "kafka_sender:copy"}], "env_vars": {}, "labels": None, "metadata": {}},
        {"ex_id": UUID, "_status": "failing", "teraslice_version": "v3.18.0", "recovered_slice_type": "all"},
        {"_slicer_stats": {"started": "2026-11-22T17:34:44.859Z", "processed": 5}, "_failureReason": ""},
    ],
)
def test_what_is_known_and_harmless_stays(record: dict[str, Any]) -> None:
    """Ids, statuses, dates, versions, lifecycles, operation names, numbers and nulls are not touched."""
    assert same("executions", record)


def test_other_kinds_keep_what_is_theirs() -> None:
    """Each kind of record keeps its own known fields."""
    assert same(
        "info", {"arch": "x64", "clustering_type": "kubernetesV2", "platform": "linux", "node_version": "v22.1.0"}
    )
    assert same("stats", {"controllers": {"processed": 1}, "slicer": {"failed": 2}})
    assert same("controllers", {"ex_id": UUID, "processed": 7, "queuing_complete": "2026-11-22T17:34:44.859Z"})
    assert same("nodes", {"state": "connected", "pid": "N/A", "active": [{"assignment": "worker", "worker_id": 3}]})
    assert same("assets", {"id": "9" * 40, "version": "1.0.0", "node_version": 22, "external_storage": "available"})


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("jobs", "name", "customer-acme"),
        ("jobs", "job_id", "acme"),
        ("jobs", "job_id", UUID.upper()),
        ("jobs", "_created", "yesterday"),
        ("jobs", "_created", "2026-11-22T17:34:44.859Z\n"),
        ("jobs", "lifecycle", "acme"),
        ("jobs", "workers", "5"),
        ("jobs", "operations", "acme"),
        ("executions", "_status", "acme"),
        ("executions", "_failureReason", "Error: cannot reach acme"),
        ("executions", "slicer_hostname", "10.0.0.1"),
        ("executions", "teraslice_version", "10.0.0.1"),
        ("nodes", "hostname", "acme.example"),
        ("operations", "index", "acme-logs"),
        ("operations", "_connection", "acme"),
        ("operations", "job_id", UUID),
        ("operations", "_op", "op-d41d8cd98f00"),
        ("operations", "_op", "averyveryverylongwordwithoutanybreak"),
        ("assets", "name", "acme"),
    ],
)
def test_what_is_not_known_becomes_a_pseudonym(kind: str, name: str, value: str) -> None:
    """A string in the wrong field or of the wrong shape does not stay."""
    assert is_pseudonym(field(kind, name, value))


def test_a_pseudonym_is_the_same_everywhere() -> None:
    """The same text gets the same pseudonym as value, node key and entry of a list, so that joins survive."""
    one = redactor()
    key = one.key("host-1")

    assert one.document("executions", {"slicer_hostname": "host-1"}) == {"slicer_hostname": key}
    assert one.document("nodes", {"node_id": "host-1", "hostname": "host-1"}) == {"node_id": key, "hostname": key}
    assert one.document("jobs", {"labels": {"host-1": ["host-1"]}}) == {"labels": {key: [key]}}
    assert Redactor(b"other").key("host-1") != key
    assert one.key("") == ""


def test_names_with_assets_keep_their_parts() -> None:
    """An operation's asset is a name of its own; an id and a version of it stay."""
    one = redactor()
    asset = one.key("acme")

    assert field("operations", "_op", "noop@acme:1.2.3") == f"noop@{asset}:1.2.3"
    assert field("operations", "_op", "noop@acme:latest") == f"noop@{asset}:latest"
    assert field("operations", "_op", "noop@acme") == f"noop@{asset}"
    assert field("operations", "_op", "noop@acme:x") == f"noop@{one.key('acme:x')}"
    assert field("operations", "_op", "Acme Op@acme") == f"{one.key('Acme Op')}@{asset}"


@pytest.mark.parametrize(
    "key",
    [
        "password", "PASSWORD", "db_passwd", "pwd", "pass", "dbPass", "secret", "clientSecret", "token", "access_token",
        "authToken", "X-Auth-Token", "apiKey", "API_KEY", "api-key", "apikey", "auth", "basic_auth", "Authorization",
        "credentials", "private_key", "privateKey", "access_key", "accessKeyId", "cookie", "session",
        "sessionId", "JWT",
    ],
)  # fmt: skip
def test_what_is_named_like_a_credential_is_dropped(key: str) -> None:
    """A credential goes with its key and everything in it, wherever it stands and whatever it is."""
    one = redactor()
    inside = {key: {"a": ["b"]}, "n": 1}

    assert one.document("operations", inside) == {"n": 1}
    assert one.document("jobs", {"env_vars": {key: 5}, "operations": [{"deep": {key: "x"}}]}) == {
        "env_vars": {},
        "operations": [{"deep": {}}],
    }
    assert one.report == Report(credentials=3, pseudonyms=0)


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


def test_keys_that_are_data_become_pseudonyms() -> None:
    """Keys of environments, labels, metadata and unknown objects are data; a record's own plain keys are not."""
    one = redactor()
    record = {
        "env_vars": {"ACME": 1},
        "labels": {"name": 1},
        "metadata": {"acme": 1},
        "note": {"acme": 1},
        "Acme": 1,
        "s3": 1,
    }
    assert one.document("jobs", record) == {
        "env_vars": {one.key("ACME"): 1},
        "labels": {one.key("name"): 1},
        "metadata": {one.key("acme"): 1},
        "note": {one.key("acme"): 1},
        one.key("Acme"): 1,
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
    monkeypatch.setattr(Redactor, "pseudonym", lambda _self, _text: "p-0")

    assert redactor().document("data", {"a": 1, "b": 2, "c": 3}) == {"p-0": 1, "p-0-": 2, "p-0--": 3}


def test_exact_numbers_stay_and_odd_texts_do_not() -> None:
    """A number kept as text is a number; a text kept as it was written is a text."""
    one = redactor()
    document = one.document("jobs", {"workers": Literal("1.50"), "name": Literal('"\\ud800acme"')})

    assert document["workers"] == Literal("1.50")
    assert is_pseudonym(document["name"])


def test_an_address_keeps_its_shape() -> None:
    """An address keeps its scheme and port; host and path become pseudonyms."""
    one = redactor()

    assert one.address(httpx.URL("https://acme.example:5678/a/b/")) == (
        f"https://{one.key('acme.example')}:5678/{one.key('a')}/{one.key('b')}"
    )
    assert one.address(httpx.URL("http://acme.example/")) == f"http://{one.key('acme.example')}"


def is_safe_part(text: str) -> bool:
    """Tell whether a part of an operation's name may stay."""
    name, _, version = text.partition(":")
    return text == "" or is_name(text) or is_id(text) or (is_pseudonym(name) and (not version or is_version(version)))


@given(kind=st.sampled_from(sorted(KINDS)), record=st.dictionaries(st.text(), JSON, max_size=5))
def test_every_string_left_is_allowed(kind: str, record: dict[str, Any]) -> None:
    """Whatever a record holds, the strings that are left are pseudonyms or of a shape that may stay."""
    harmless = {"", "N/A"}

    def check(value: object) -> None:
        if isinstance(value, dict):
            for key, inside in value.items():
                known = any(kind.knows(key) for kind in KINDS.values())
                assert known or is_plain_key(key) or PSEUDONYM.match(key)
                check(inside)
        elif isinstance(value, list):
            for inside in value:
                check(inside)
        elif isinstance(value, str):
            enums = any(test(value) for other in KINDS.values() for test in other.strings.values())
            assert value in harmless or enums or all(map(is_safe_part, value.split("@", 1)))

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


def test_shapes_are_exact() -> None:
    """The shapes take what Teraslice writes and nothing around it."""
    assert is_id(UUID)
    assert not is_id(UUID + "\n")
    assert not is_id("g" * 32)
    assert is_date("2026-01-01T00:00:00+00:00")
    assert not is_date("٢٠٢٦-01-01T00:00:00Z")
    assert is_version("v3.18.0")
    assert is_version("3.18.0-rc.1")
    assert not is_version("1.2.3.4")
    assert not is_version("18")
    assert is_name("test-reader")
    assert not is_name("Test")
    assert not is_name("a" * 65)
    assert not is_plain_key("a" * 41)
