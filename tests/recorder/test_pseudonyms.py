from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.recorder.pseudonyms import Pseudonyms
from toolkit.recorder.suspects import suspect

ONE = Pseudonyms(b"key")
ANY = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[a-z0-9._:/@-]{1,40}", fullmatch=True),
    st.ip_addresses().map(str),
    st.uuids().map(str),
    st.emails(),
)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("acme", r"[a-z]{12}"),
        ("acme-logs", r"[a-z]{6}-[a-z]{6}"),
        ("ts-worker-1", r"[a-z]{6}-[a-z]{6}-1"),
        ("a_b.c-d", r"[a-z]{3}_[a-z]{3}\.[a-z]{3}-[a-z]{3}"),
        (".kibana", r"\.[a-z]{12}"),
        ("acme-logs-2024.01.31", r"[a-z]{6}-[a-z]{6}-2024\.01\.31"),
        ("acme-2024-01", r"[a-z]{12}-2024-01"),
        ("acme-20240131", r"[a-z]{12}-20240131"),
        ("acme-*", r"[a-z]{12}-\*"),
        ("4111-1111-111", r"[a-z]{4}-[a-z]{4}-[a-z]{4}"),
        ("es-1.acme.com", r"[a-z]{12}-1\.[a-z]{12}\.example"),
        ("acme.local", r"[a-z]{12}\.example"),
        ("es.acme.com:9200", r"[a-z]{12}\.[a-z]{12}\.example:9200"),
        ("kafka:9092", r"[a-z]{12}:9092"),
        ("user:1234", r"[a-z]{12}:[a-z]{12}"),
        ("10.1.2.3", r"2[45][0-9](\.[0-9]{1,3}){3}"),
        ("192.168.1.2:9300", r"2[45][0-9](\.[0-9]{1,3}){3}:9300"),
        ("2001:db8::1", r"fd00::[0-9a-f:]+"),
        ("[2001:db8::1]:80", r"\[fd00::[0-9a-f:]+\]:80"),
        ("acme.user@acme.com", r"[a-z]{12}@[a-z]{12}\.example"),
        ("a@b:c", r"[a-z]{12}@[a-z]{12}:[a-z]{12}"),
        ("noop@1.0.0", r"[a-z]{12}@[a-z]{12}\.example"),
        ("/mnt/acme/in.csv", r"(/[a-z]{12}){3}\.csv"),
        ("C:\\acme\\x", r"[a-z]{12}:(\\[a-z]{12}){2}"),
        ("acme-api-7d9f8b6c5d-x7k2p", r"[a-z]{6}-[a-z]{6}-[a-z0-9]{10}-[a-z0-9]{5}"),
        ("ts-wkr-acme-17bb809a-4a6f-x7k2p", r"ts-wkr-[a-z]{12}-17bb809a-4a6f-[a-z0-9]{5}"),
        ("17bb809a-4a6f-465a-9ee6-989e30c1db87", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"),
        ("https://u:p@es.acme.com:9200/a/b?x=y&token=z", r"https://[a-z.]+\.example:9200/[a-z]{12}/[a-z]{12}\?[a-z]{12}=[a-z]{12}"),
        ("mongodb://u:p@acme-1:27017,acme-2:27017/db", r"mongodb://[a-z]{12}-1:27017,[a-z]{12}-2:27017/[a-z]{12}"),
        ("http://localhost:41234/", r"http://[a-z]{12}:41234/"),
        ("http://acme:pass/", r"http://[a-z]{12}:[a-z]{12}/"),
        ("acme://x", r"[a-z]{12}://[a-z]{12}"),
        ("PASSWORD=x", r"[a-z]{12}=[a-z]{12}"),
        ("first job, acme", r"[a-z]{12} [a-z]{12}, [a-z]{12}"),
        ("Tr0ub4dor&3", r"[a-z]{12}"),
        ("пароль", r"[a-z]{12}"),
        ("12345678", r"[a-z]{12}"),
        ("300.1.1.1", r"[a-z]{3}(\.[a-z]{3}){3}"),
        ("a" * 5_000, r"[a-z]{12}"),
    ],
)  # fmt: skip
def test_a_pseudonym_has_the_shape_of_what_it_replaces(text: str, shape: str) -> None:
    """Hosts, addresses, URLs, indices, paths, pods and names stay what they are, and nothing else of them does."""
    assert re.fullmatch(shape, ONE.text(text))


def test_what_belongs_together_stays_together() -> None:
    """Hosts of a domain, indices of a family and pods of a deployment have their common part in common."""
    hosts = [ONE.text(text) for text in ("es-1.acme.com", "es-2.acme.com", "es-1")]
    pods = [ONE.text(text) for text in ("acme-7d9f8b6c5d-x7k2p", "acme-7d9f8b6c5d-b2b2b")]

    assert hosts[0].replace("-1.", "-2.") == hosts[1]
    assert hosts[0].startswith(f"{hosts[2]}.")
    assert ONE.text("logs-2024.01.01")[:-1] == ONE.text("logs-2024.01.02")[:-1]
    assert pods[0].partition("-")[0] == pods[1].partition("-")[0]
    assert pods[0] != pods[1]
    assert ONE.text("http://es-1.acme.com/") == f"http://{hosts[0]}/"


def test_addresses_never_meet() -> None:
    """Private addresses become different addresses, for it is a permutation, and none that a host can have."""
    networks = ["10.3.{}.{}", "192.168.{}.{}", "172.16.{}.{}", "100.64.{}.{}", "10.168.{}.{}", "127.0.{}.{}"]
    texts = {network.format(b, c) for network in networks for b in range(8) for c in range(256)}
    made = {ONE.text(text) for text in texts}

    assert len(made) == len(texts) == 6 * 8 * 256
    assert all(ipaddress.ip_address(text) in ipaddress.ip_network("240.0.0.0/6") for text in made)
    assert ONE.text("10.168.1.5") != ONE.text("192.168.1.5")


def test_all_of_a_public_address_counts() -> None:
    """Public addresses differ though they have three numbers in common, and do not meet private ones."""
    made = {ONE.text(f"{a}.168.1.5") for a in range(256)}

    assert len(made) == 256
    assert all(ipaddress.ip_address(text) in ipaddress.ip_network("240.0.0.0/4") for text in made)
    assert all(int(text.partition(".")[0]) >= 244 for text in map(ONE.text, ("8.8.8.8", "203.0.113.9", "1.1.1.1")))


def test_other_texts_never_meet() -> None:
    """Many texts of every shape have as many pseudonyms."""
    texts = [f"{a}{sep}{b}" for sep in ("", "-", ".", "/", "@", "_", ".x.") for a in "abcdefghij" for b in "klmnopqrst"]

    assert len({ONE.text(text) for text in texts}) == len(texts)


@given(ANY)
def test_pseudonyms_depend_on_key_and_text_alone(text: str) -> None:
    """The same key and text give the same pseudonym, another key another one."""
    assert ONE.text(text) == Pseudonyms(b"key").text(text)
    if re.search(r"\w", text):
        assert ONE.text(text) != Pseudonyms(b"other").text(text)


@given(ANY)
def test_no_pseudonym_looks_like_a_secret(text: str) -> None:
    """What looks for secrets by their shape takes no pseudonym for one."""
    assert suspect(ONE.text(text)) is None


@given(
    st.from_regex(r"[a-z]{5,12}", fullmatch=True),
    st.sampled_from(["{}", "{}-1", "/{}", "http://{}/", "a {}", "{}.io", "x@{}.io"]),
)
def test_no_word_is_left(word: str, around: str) -> None:
    """A plain word is not in what replaces it, whatever is around it."""
    assert word not in ONE.text(around.format(word)).replace(".example", "").replace("http", "")


def test_a_pseudonym_that_means_something_is_not_used() -> None:
    """One that would be taken for something else is made anew, always the same one; tries are bounded."""
    first = ONE.text("acme")
    other = Pseudonyms(b"key", lambda text: text == first).text("acme")

    assert other != first
    assert other == Pseudonyms(b"key", lambda text: text == first).text("acme")
    assert Pseudonyms(b"key", lambda _: True).text("acme")
    assert Pseudonyms(b"key", lambda _: True).text("10.0.0.1")
