"""Credentials by their names, however they are written, and by looks that only secrets have.

Only patterns that read a text once, whatever is in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CREDENTIAL: Final = re.compile(
    r"passw|passphrase|secret|token|apikey|credential|privatekey|accesskey|secretkey|cookie|session|bearer|pwd"
    r"|connectionstring|auth(?!or(?!i[sz]))|passcode|passkey|pincode|keyid"
    r"|(?:crypt|cipher|encryption|decryption|sign|signing|signature|private|secret|access|api|master|ssh|hmac)keys?"
)
_NO_PASS: Final = frozenset({"bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"})
"""Words that end like a password's and are none."""
_CREDENTIAL_WORDS: Final = frozenset({"pass", "pw", "pat", "jwt", "otp", "pin", "pwd", "creds", "cred", "psk", "sas"})
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LOOKALIKES: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u043a\u043c\u0442\u0432\u043d"
    "\u0410\u0415\u041e\u0420\u0421\u0423\u0425\u0406\u0405\u041a\u041c\u0422\u0412\u041d"
    "\u03b1\u03b5\u03bf\u03c1\u03c4\u03c5\u03ba\u03b9\u03bd\u0391\u0395\u039f\u03a1\u03a4\u03a5\u039a\u0399\u039d"
    "\u0131\u017f\u0261",
    "aeopcyxijsdqkmtbhAEOPCYXISKMTBHaeoptukinAEOPTYKINisg",
)
"""Letters of other alphabets that look like ours."""
_GIVEN: Final = re.compile(r"(?<![a-z0-9])(?:basic|bearer)\s{1,8}[a-z0-9+/=._~-]{8}", re.IGNORECASE)
SHAPES: Final = (
    ("a private key or certificate", "-----BEGIN", re.compile(r"-----BEGIN ")),
    ("an AWS access key", "A", re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a GitHub token", "gh", re.compile(r"gh[opsru]_[A-Za-z0-9]{16}")),
    ("a GitHub token", "github_pat_", re.compile(r"github_pat_[A-Za-z0-9_]{16}")),
    ("a GitLab token", "gl", re.compile(r"gl(?:pat|rt|dt|ptt|oas|cbt|ft|soat|agent|imt)-[A-Za-z0-9_-]{16}")),
    ("a Slack token", "xox", re.compile(r"xox[a-z]-[A-Za-z0-9-]{8}")),
    ("a Slack address", "hooks.slack.com", re.compile(r"hooks\.slack\.com/")),
    ("an npm token", "npm_", re.compile(r"npm_[A-Za-z0-9]{16}")),
    ("a PyPI token", "pypi-", re.compile(r"pypi-[A-Za-z0-9_-]{16}")),
    ("a Google API key", "AIza", re.compile(r"AIza[A-Za-z0-9_-]{30}")),
    ("a Google token", "ya29.", re.compile(r"ya29\.[A-Za-z0-9_-]{16}")),
    ("a Stripe key", "k_", re.compile(r"(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{12}")),
    ("an API key", "sk-", re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16}")),
    ("a SendGrid key", "SG.", re.compile(r"SG\.[A-Za-z0-9_-]{16}")),
    ("a Vault token", "hv", re.compile(r"hv[sb]\.[A-Za-z0-9_-]{16}")),
    ("a JSON web token", "eyJ", re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4}")),
    ("a Basic or Bearer credential", "b", _GIVEN),
    ("an address with credentials", "://", re.compile(r"://[^\s/?#@]{0,1024}@")),
)  # fmt: skip
"""Kinds of secrets with a look of their own: what it is, a text without which it cannot be there, and the look."""


@lru_cache(maxsize=10_000)
def is_credential(key: str) -> bool:
    """Tell whether a key is named like a credential, however it is written: `password`, `API_KEY`, `accessToken`."""
    plain = unicodedata.normalize("NFKC", key[:_LONGEST_KEY].translate(_LOOKALIKES)).translate(_LOOKALIKES)
    squeezed = re.sub(r"[^a-z0-9]", "", plain.lower())
    if _CREDENTIAL.search(squeezed) or _CREDENTIAL.search(squeezed.translate(_LEET)):
        return True
    words = [word.lower() for word in _WORDS.findall(plain)]
    return any(
        word in _CREDENTIAL_WORDS
        or (word.endswith("s") and word[:-1] in _CREDENTIAL_WORDS)
        or (word.endswith("pass") and word not in _NO_PASS)
        for word in words
    )


def words_of(key: str) -> frozenset[str]:
    """Give the words of a key in lower case, however they are joined."""
    return frozenset(word.lower() for word in _WORDS.findall(key[:_LONGEST_KEY]))


_LONGEST_KEY: Final = 1_024
_LEET: Final = str.maketrans("013457", "oleast")
