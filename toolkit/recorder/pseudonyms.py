"""Pseudonyms: made-up texts of the shape of what they stand for.

Pure: the same key and the same text give the same pseudonym, whatever came before and whichever field it stands in.
The shape is read from the text alone, so that a host's name is one pseudonym as a value, as a key, in a URL and in
the text of an error. Letters are made of 12 letters of an HMAC at least: two texts with one pseudonym are as good as
impossible. They are lower-case letters only and at most 12 in a row, so that nothing that looks for secrets takes them
for one.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.credentials import is_credential
from toolkit.recorder import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 1_024
"""A longer token has no shape: it becomes one word."""
_WHOLE: Final = 12
_LEAST: Final = 3
_MOST_WORDS: Final = 16
_ROUNDS: Final = 4
_HALF: Final = 13
_MASK: Final = (1 << _HALF) - 1
_OURS: Final = 0xF << 28
_QUARTER: Final = 1 << 26
_PRIVATE: Final = tuple(
    map(
        ipaddress.IPv4Network,
        ("10.0.0.0/8", "127.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    )
)
"""Where the addresses of clusters lie: together they are fewer than a quarter of 240.0.0.0/4."""
_POD_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_TRIES: Final = 20
_SEPARATORS: Final = re.compile(r"([/\\:]+)")
_LOGIN: Final = re.compile(r"[^\s@]{0,256}@")
_PHRASE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s\"'`<>(){}]+|[^\s\"'`()\[\]{}<>,;|=]+", re.ASCII)


class Made(NamedTuple):
    """What one pseudonym stands for: a part of a text that is replaced as a whole.

    Attributes:
        shape: `word`, `name`, `v4`, `v6`, `uuid` or `pod`.
        text: The part.
    """

    shape: str
    text: str


class Pseudonyms:
    """Makes the pseudonyms of one recording."""

    def __init__(self, key: bytes, taken: Callable[[str], bool] = lambda _: False) -> None:
        """Start with the recording's key.

        Args:
            key: Who does not have it cannot tell what a pseudonym stood for.
            taken: Tells whether a text must not be used as a pseudonym, because it means something.
        """
        self._key = key
        self._taken = taken
        self.known: dict[Made, str] = {}
        """Pseudonyms that were made before with a key that is gone; they are used instead of new ones."""

    def text(self, text: str) -> str:
        """Replace any text: a single token by its shape, a text of several ones word by word."""
        if len(text) > LONGEST:
            return self.word(text)
        if shapes.has_phrases(text):
            return _PHRASE.sub(self._of_phrase, text)
        return self.token(text)

    def _of_phrase(self, found: re.Match[str]) -> str:
        # What an `@` follows in a URL is no host, whatever is between them.
        cut = "://" in found[0] and "@" not in found[0] and _LOGIN.match(found.string, found.end())
        return self.word(found[0]) if cut else self.token(found[0])

    def token(self, text: str) -> str:
        """Replace a text without blanks by one of the same shape."""
        if len(text) > LONGEST or not text.isascii():
            return self.word(text)
        for make in (self._url, self._address, self._id, self._composed, self._mail, self._pod, self._file, self._host):
            made = make(text)
            if made is not None:
                return made
        return self._name(text) if shapes.NAME.fullmatch(text) else self.word(text)

    def word(self, text: str) -> str:
        """Replace a text by one word of 12 letters."""
        return self._free(Made("word", text), text, lambda digest: letters(digest, _WHOLE))

    def _free(self, made_of: Made, stem: str, make: Callable[[bytes], str]) -> str:
        """Make a pseudonym that is not taken, of what all texts that it has letters in common with have in common."""
        if made_of in self.known:
            return self.known[made_of]
        text, made = made_of.text, ""
        for attempt in range(_TRIES):
            # Texts may hold what UTF-8 cannot say.
            said = f"{made_of.shape}\0{attempt}\0{stem}".encode("utf-8", "surrogatepass")
            made = make(hmac.digest(self._key, said, "sha256"))
            if made != text and not self._taken(made):
                break
        return made

    def _url(self, text: str) -> str | None:
        found = shapes.URL.fullmatch(text)
        if not found:
            return None
        scheme, rest = found.groups()
        place = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
        authority, path = rest[:place], rest[place:]
        login = "@" in path and "@" not in authority
        hosts = [
            (self.word(host) if login and ":" in host else self._url_host(host)) if host else ""
            for host in authority.rpartition("@")[2].split(",")
        ]
        shown = scheme if scheme.lower() in shapes.SCHEMES else self.word(scheme)
        path, mark, query = path.partition("?")
        pairs = [pair for pair in re.split("[&;]", query) if not is_credential(pair.partition("=")[0])]
        asked = "&".join("=".join(self.token(part) if part else "" for part in pair.split("=", 1)) for pair in pairs)
        return f"{shown}://{','.join(hosts)}{self._parts(path)}{mark}{asked}"

    def _url_host(self, text: str) -> str:
        host, colon, port = text.rpartition(":")
        # Whatever the host is, a number here is a port.
        sure = host and ":" not in host and shapes.PORT.fullmatch(port)
        return f"{self.token(host)}{colon}{port}" if sure else self.token(text)

    def _address(self, text: str) -> str | None:
        host, port = shapes.split_port(text)
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not shapes.ADDRESS.fullmatch(bare):
            return None
        try:
            address = ipaddress.ip_address(bare)
        except ValueError:
            return None
        made = self._v4(int(address)) if address.version == 4 else self._v6(str(address))  # noqa: PLR2004 - IPv4
        return f"[{made}]{port}" if bare != host else f"{made}{port}"

    def _v4(self, address: int) -> str:
        """Move an address into 240.0.0.0/4, where no host can be.

        Private addresses are permuted within its first quarter, so that no two of them meet; any other one becomes one
        of the 200 million of the rest.
        """
        known = Made("v4", str(address))
        if known in self.known:
            return self.known[known]
        place = _private(address)
        if place is None:
            return self._free(known, str(address), _public)
        for _ in range(_TRIES):
            left, right = place >> _HALF, place & _MASK
            for number in range(_ROUNDS):
                digest = hmac.digest(self._key, f"v4\0{number}\0{right}".encode(), "sha256")
                left, right = right, left ^ (int.from_bytes(digest[:2]) & _MASK)
            place = left << _HALF | right
            made = str(ipaddress.IPv4Address(_OURS | place))
            if not self._taken(made):
                break
        return made

    def _v6(self, address: str) -> str:
        def make(digest: bytes) -> str:
            return str(ipaddress.IPv6Address(0xFD << 120 | int.from_bytes(digest[:8])))

        return self._free(Made("v6", address), address, make)

    def _id(self, text: str) -> str | None:
        if not shapes.UUID.fullmatch(text):
            return None

        def make(digest: bytes) -> str:
            made = digest.hex()
            return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-a{made[17:20]}-{made[20:32]}"

        return self._free(Made("uuid", text), text, make)

    def _mail(self, text: str) -> str | None:
        """Replace what is on both sides of an `@`; the host of an e-mail address is one."""
        user, at, host = text.rpartition("@")
        if not at:
            return None
        shown = self.token(host) if host else ""
        if "." in host and not shapes.HOST.fullmatch(host):
            shown = f"{self.word(host)}.example"
        return f"{self.word(user) if user else ''}@{shown}"

    def _composed(self, text: str) -> str | None:
        """Replace what lies between slashes, colons and the like."""
        host, port = shapes.split_port(text)
        if port and host and not shapes.is_login(host, port[1:]):
            return f"{self.token(host)}{port}"
        return self._parts(text) if _SEPARATORS.search(text) else None

    def _parts(self, text: str) -> str:
        pieces = _SEPARATORS.split(text)
        return "".join(self.token(piece) if place % 2 == 0 and piece else piece for place, piece in enumerate(pieces))

    def _pod(self, text: str) -> str | None:
        found = shapes.WORKER_POD.fullmatch(text)
        if found:
            prefix, name, job, end = found.groups()
            return f"{prefix}{self._name(name)}-{job}-{self._ends(text, end)}"
        found = shapes.POD.fullmatch(text)
        return f"{self._name(found[1])}-{self._ends(text, found[2])}" if found else None

    def _ends(self, text: str, end: str) -> str:
        def make(digest: bytes) -> str:
            drawn = iter(letters(digest, len(end), _POD_LETTERS))
            return "".join("-" if letter == "-" else next(drawn) for letter in end)

        return self._free(Made("pod", text), text, make)

    def _file(self, text: str) -> str | None:
        stem, dot, ending = text.rpartition(".")
        return f"{self.token(stem)}.{ending}" if stem.strip(".") and dot and ending in shapes.ENDINGS else None

    def _host(self, text: str) -> str | None:
        if not shapes.HOST.fullmatch(text):
            return None
        labels = text.split(".")
        return ".".join([*map(self._name, labels[:-2]), self.word(".".join(labels[-2:])), "example"])

    def _name(self, text: str) -> str:
        """Replace the words of a name; its separators, a date in it and a short number at its end stay."""
        kept = shapes.kept_parts(text)
        parts = shapes.PARTS.split(text)
        replaced = [place for place in range(0, len(parts), 2) if parts[place] and place not in kept]
        if not replaced or len(replaced) > _MOST_WORDS or len(parts) == 1:
            return self.word(text)
        stem = "".join("\0" if place in kept else part for place, part in enumerate(parts))
        size = max(_LEAST, -(-_WHOLE // len(replaced)))

        def make(digest: bytes) -> str:
            drawn = letters(digest, size * len(replaced))
            made = dict(
                zip(replaced, (drawn[start : start + size] for start in range(0, len(drawn), size)), strict=True)
            )
            return "".join(made.get(place, part) for place, part in enumerate(parts))

        return self._free(Made("name", text), stem, make)


def _private(address: int) -> int | None:
    """Number the private addresses one after another; `None` for any other."""
    start = 0
    for network in _PRIVATE:
        place = address - int(network.network_address)
        if 0 <= place < network.num_addresses:
            return start + place
        start += network.num_addresses
    return None


def _public(digest: bytes) -> str:
    # The last address of all is a broadcast.
    return str(ipaddress.IPv4Address(_OURS | _QUARTER + int.from_bytes(digest) % (3 * _QUARTER - 1)))


def letters(digest: bytes, count: int, alphabet: str = _LETTERS) -> str:
    """Write a number as letters; 32 bytes are enough for 50 of them."""
    number = int.from_bytes(digest)
    drawn = []
    for _ in range(count):
        number, place = divmod(number, len(alphabet))
        drawn.append(alphabet[place])
    return "".join(drawn)
