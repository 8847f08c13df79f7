"""What must never leave the machine: files that hold secrets, and secrets inside other files.

Pure. ``is_secret_path`` judges by name, ``secret_spans`` finds tokens, keys and passwords in text. Every scan takes
time in proportion to the text, whatever the text is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

PLACEHOLDER = "REDACTED_SECRET_"
"""What stands in a secret's place begins so (see ``masker``); it is no secret itself."""

Spans = list[tuple[int, int]]


def is_secret_path(path: PurePath | str) -> bool:
    """Whether a file holds secrets by its name or by a folder above it; also everything below ``.git``.

    ``path`` is a file's, absolute or relative; a folder is not judged by its last part. Upper and lower case are alike.
    Templates (``.env.example``) are no secrets.
    """
    parts = (path if isinstance(path, PurePath) else PurePath(path)).parts
    if not parts:
        return False
    lowered = [part.lower() for part in parts]
    if not _SECRET_FOLDERS.isdisjoint(lowered):
        return True
    # Windows reads NAME:STREAM and NAME with final dots as NAME.
    name = lowered[-1].partition(":")[0].rstrip(". ") or lowered[-1]
    if _is_secret_name(name):
        return True
    copy = _COPY.fullmatch(name)
    if copy is not None and (_is_secret_name(copy[1]) or _is_secret_name(copy[1].removeprefix("."))):
        return True
    return len(lowered) > 1 and (lowered[-2], name) in _SECRET_PLACES


def marks_private_key(text: str) -> bool:
    """Whether a private key begins or ends in the text: the only secrets that reach over the end of a line."""
    return bool(_KEY_MARK.search(text))


def secret_spans(text: str) -> Spans:
    """Where secrets stand in a text: start and end of each, in order, not overlapping."""
    found: Spans = []
    for rule in _TOKENS:
        if rule.prefix in text:
            found.extend(rule.spans(text))
    if "-----" in text:
        found.extend(_private_keys(text))
    if "://" in text:
        found.extend(_passwords_in_urls(text))
    found.extend(_assigned(text))
    return _union(found)


# ---------------------------------------------------------------------------------------------------------------- paths

_SECRET_FOLDERS = frozenset({".git", "git~1", ".ssh", ".gnupg", ".secrets", ".password-store"})

_SECRET_PLACES = frozenset(
    {
        (".aws", "credentials"),
        (".aws", "config"),
        (".kube", "config"),
        (".docker", "config.json"),
        (".azure", "accesstokens.json"),
        (".azure", "azureprofile.json"),
        (".cargo", "credentials"),
        (".gem", "credentials"),
        (".m2", "settings.xml"),
        (".m2", "settings-security.xml"),
        ("gh", "hosts.yml"),
    }
)

_SECRET_NAMES = re.compile(
    r"[._]netrc|\.npmrc|\.pypirc|\.?pgpass(?:\.conf)?|\.htpasswd|\.htdigest|\.git-credentials|\.dockercfg|\.dev\.vars"
    r"|\.envrc|\.vault-token|\.my\.cnf|\.mylogin\.cnf|\.s3cfg|\.boto|\.terraformrc|terraform\.rc|\.?kubeconfig"
    r"|local\.settings\.json|application_default_credentials\.json"
)

# Always secret, templates or not: files of keys.
_KEY_FILE = re.compile(
    r".*\.(?:pem|key|p8|p12|pfx|jks|keystore|bcfks|kdbx?|ppk|ovpn|keytab|agekey|tfstate|kubeconfig)"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?(?:[-_.](?!pub$).*)?"
    r"|.*firebase-adminsdk.*\.json"
)

_DATA = r"(?:\.(?:json|ya?ml|toml|ini|cfg|conf|cnf|xml|properties|txt|csv|enc|env|db|sqlite))?"

# Secret unless the name says that it is a template. Programs (credentials.py, SecretsManager.java) are not meant.
_VALUES_FILE = re.compile(
    r"\.env(?:\..+)?|.+\.env|.*\.tfvars(?:\.json)?|secrets?(?:[-_.].*)?" + _DATA + r"|credentials?(?:[-_.].*)?" + _DATA
)
_ACCOUNT_FILE = re.compile(r"(?:.*[-_.])?(?:service[-_]?account|client[-_]?secrets?|credentials)(?:[-_.].*)?\.json")
_TEMPLATE = re.compile(r"(?:^|[-_.])(?:example|sample|template|dist|tpl|tmpl|defaults?|schema|d)(?:[-_.]|$)")
_PROGRAM = re.compile(r".*\.(?!json|ya?ml|toml|ini|cfg|conf|cnf|xml|properties|txt|csv|enc|env|db|sqlite)[a-z]\w{0,7}")
_COPY = re.compile(r"(.+?)(?:~|\.(?:bak|backup|old|orig|save|sw[opn]|tmp))")


def _is_secret_name(name: str) -> bool:
    if _SECRET_NAMES.fullmatch(name) or _KEY_FILE.fullmatch(name):
        return True
    values = _VALUES_FILE.fullmatch(name) or _ACCOUNT_FILE.fullmatch(name)
    if values is None or _TEMPLATE.search(name):
        return False
    return name.startswith(".env") or ".tfvars" in name or not _PROGRAM.fullmatch(name)


# --------------------------------------------------------------------------------------------------------------- tokens

_ALNUM = re.compile(r"[A-Za-z0-9]+")
_UPPER = re.compile(r"[A-Z0-9]+")
_HEX = re.compile(r"[a-f0-9]+")
_WORD = re.compile(r"[\w-]+", re.ASCII)
_DOTTED = re.compile(r"[\w.~+/=-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token that begins with ``prefix`` and goes on with at least ``length`` characters that ``body`` takes."""

    prefix: str
    body: re.Pattern[str]
    length: int
    check: Callable[[str], bool] = lambda _body: True

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        start = text.find(self.prefix)
        while start >= 0:
            inside = start + len(self.prefix)
            run = self.body.match(text, inside)
            end = inside if run is None else run.end()
            alone = start == 0 or not (text[start - 1].isalnum() or text[start - 1] == "_")
            if alone and end - inside >= self.length and self.check(text[inside:end]):
                yield start, end
            # Never look at the same run twice.
            start = text.find(self.prefix, max(end, start + 1))


def _looks_random(value: str) -> bool:
    """Whether a text is a generated one: digits among letters, and kinds of characters changing all the time.

    Names of things change kind at few places, also with numbers in them. A quarter of all neighbours separates the two
    on generated keys and on identifiers with digits; see the tests.
    """
    if len(value) < 16 or len(set(value)) < 8:
        return False
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in value if c.isalnum()]
    changes = sum(left != right for left, right in pairwise(kinds))
    return kinds.count("d") >= 2 and changes >= len(value) / 4


def _is_jwt(body: str) -> bool:
    parts = body.split(".")
    return len(parts) >= 3 and len(parts[0]) >= 8 and len(parts[1]) >= 8


# Prefixes by which providers mark their own tokens; min lengths are at or a little below the real ones.
_TOKENS = (
    _Token("AKIA", _UPPER, 16),
    _Token("ASIA", _UPPER, 16),
    *(_Token(f"gh{kind}_", _ALNUM, 30) for kind in "pousr"),
    _Token("github_pat_", _WORD, 30),
    *(_Token(f"gl{kind}-", _DOTTED, 16) for kind in ("pat", "ptt", "dt", "rt", "cbt", "ft", "soat", "agent")),
    _Token("glsa_", _WORD, 30),
    _Token("xox", _WORD, 16, lambda body: body[1:2] == "-" and any(map(str.isdigit, body))),
    _Token("xapp-", _WORD, 16),
    _Token("hooks.slack.com/services/", _DOTTED, 20),
    *(_Token(f"{kind}_{mode}_", _ALNUM, 16) for kind in ("sk", "rk") for mode in ("live", "test")),
    _Token("whsec_", _DOTTED, 20),
    _Token("AIza", _WORD, 30),
    _Token("ya29.", _WORD, 20),
    _Token("GOCSPX-", _WORD, 20),
    _Token("sk-ant-", _WORD, 20),
    _Token("sk-", _WORD, 20, _looks_random),
    _Token("hf_", _ALNUM, 30),
    _Token("npm_", _ALNUM, 30),
    _Token("pypi-", _WORD, 50),
    _Token("gsk_", _ALNUM, 30),
    _Token("xai-", _ALNUM, 30),
    _Token("pplx-", _ALNUM, 30),
    _Token("r8_", _ALNUM, 30),
    _Token("fw_", _ALNUM, 20, _looks_random),
    _Token("csk-", _ALNUM, 30),
    _Token("dop_v1_", _HEX, 40),
    _Token("dapi", _HEX, 32),
    *(_Token(f"shp{kind}_", _HEX, 32) for kind in ("at", "ss", "pa", "ca")),
    _Token("SG.", _DOTTED, 40, _looks_random),
    _Token("lin_api_", _ALNUM, 30),
    _Token("hvs.", _WORD, 20),
    _Token("dckr_pat_", _WORD, 20),
    _Token("ATATT3", _DOTTED, 40),
    _Token("PMAK-", _WORD, 30),
    _Token("sntrys_", _DOTTED, 30),
    _Token("figd_", _WORD, 30),
    _Token("AGE-SECRET-KEY-1", _UPPER, 50),
    _Token("eyJ", re.compile(r"[\w.-]+", re.ASCII), 30, _is_jwt),
    _Token("AccountKey=", _DOTTED, 40),
    _Token("SharedAccessKey=", _DOTTED, 30),
    _Token("Bearer ", _DOTTED, 20, _looks_random),
    _Token("Basic ", _DOTTED, 16, _looks_random),
)

_BEGIN_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END_KEY = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_MARK = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")
# A key's lines, also inside a string with written-out line ends.
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=\s\\:,\"'-]*")
_KEY_TEXT_BEFORE = re.compile(r"[A-Za-z0-9+/=\s\\]*")


def _private_keys(text: str) -> Iterator[tuple[int, int]]:
    """The text of private keys, between their marks; to where it stops looking like one if a mark is cut off."""
    done = 0
    for begin in _BEGIN_KEY.finditer(text):
        if begin.start() < done:
            continue
        end = _END_KEY.search(text, begin.end())
        run = _KEY_TEXT.match(text, begin.end())
        done = end.start() if end else run.end() if run else begin.end()
        yield begin.end(), done
        if end is None:
            return
    first = _END_KEY.search(text)
    if first is not None and _BEGIN_KEY.search(text, 0, first.start()) is None:
        run = _KEY_TEXT_BEFORE.match(text[: first.start()][::-1])
        yield first.start() - (run.end() if run else 0), first.start()


_URL_PASSWORD = re.compile(r"://([^\s:/@\"'<>`]{0,100}):([^\s@\"'<>`]{3,200})@")
_NO_PASSWORD = re.compile(
    r"\d{1,5}/.*|[{$<%*\[(].*|x+|\.+|(?:my|your|the)?[-_]?(?:pass(?:word|wd)?|pwd|secret|token|key)\d{0,3}|changeme|example|test",
    re.IGNORECASE,
)


def _passwords_in_urls(text: str) -> Iterator[tuple[int, int]]:
    """Passwords in addresses of the form ``scheme://user:password@host``."""
    start = text.find("://")
    while start >= 0:
        found = _URL_PASSWORD.match(text, start)
        if found and found[1] != found[2] and not _NO_PASSWORD.fullmatch(found[2]):
            yield found.span(2)
        start = text.find("://", start + 3)


# ---------------------------------------------------------------------------------------------------------- assignments

_KEYWORDS = ("passw", "passphrase", "pwd", "secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey")

# From a keyword on: the rest of the name, what closes it, an optional type, the sign, and the value.
_ASSIGNMENT = re.compile(
    r"""[\w-]{0,40}+["'`]?\]?[ \t]{0,8}(?::[ \t]{0,8}\w{1,20}[ \t]{0,8}(?==))?(?:=>|:=|=|:|>)[ \t]{0,8}"""
    r"""(?:"([^"\n]{8,400})"|'([^'\n]{8,400})'|`([^`\n]{8,400})`|([\w.~+/=-]{16,400}+)(?![\w([]))""",
    re.ASCII,
)


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    """Values given to names that say they are secret, where the value looks generated."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters change length; their case does not matter here
        lowered = text
    for keyword in _KEYWORDS:
        start = lowered.find(keyword)
        while start >= 0:
            found = _ASSIGNMENT.match(text, start)
            if found and found.lastindex and _is_secret_value(found[found.lastindex], keyword, found.lastindex < 4):
                yield found.span(found.lastindex)
            start = lowered.find(keyword, start + len(keyword))


def _is_secret_value(value: str, keyword: str, quoted: bool) -> bool:
    if value.startswith(PLACEHOLDER) or not _VALUE.fullmatch(value) or _NO_PASSWORD.fullmatch(value):
        return False
    if quoted and keyword in {"passw", "passphrase", "pwd"}:
        kinds = (any(map(str.isdigit, value)), any(map(str.isalpha, value)), any(c in _SYMBOLS for c in value))
        return all(kinds) or _looks_random(value)
    return _looks_random(value)


_SYMBOLS = frozenset("!#$%&*+=?@^~")
_VALUE = re.compile(r"(?!.*(?:://|\$\{|\{\{))[^\s<>()\[\]]+")


def _union(spans: Spans) -> Spans:
    """Spans in order, those that touch or overlap made one."""
    merged: Spans = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged
