"""Files that hold secrets, and secrets inside other files."""

import re
from itertools import pairwise
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.core.masker import Masker
from tierwise.core.secrets import is_secret_path, secret_spans


def words(text: str) -> list[str]:
    return text.split()


SECRET_FILES = words("""
.env  app/.env  .env.local  .env.production  prod.env  .ENV  .env~  .env.bak  ..env.swp  .envrc
server.pem  tls/server.key  cert.p12  cert.pfx  release.jks  android/app.keystore  AuthKey_X1.p8  vault.kdbx  putty.ppk
id_rsa  id_ed25519  id_ecdsa_sk  id_rsa.old  id_ed25519-work  .ssh/config  home/me/.ssh/known_hosts  .gnupg/trustdb.gpg
.netrc  _netrc  .npmrc  .pypirc  .pgpass  .htpasswd  .git-credentials  .dev.vars  .docker/config.json  .kube/config
.aws/credentials  .aws/config  credentials  credentials.json  credentials.yml.enc  google-credentials.json
Credentials.XML
secrets.yml  secrets.yaml  secrets.json  secrets.toml  secret.yaml  config/secrets-prod.yml  .secrets/anything
terraform.tfstate  terraform.tfstate.backup  prod.tfvars  prod.auto.tfvars.json  kubeconfig  cluster.kubeconfig
service-account.json  service_account_prod.json  my-service-account.json  client_secret_123.json  local.settings.json
my-app-firebase-adminsdk-x1.json  application_default_credentials.json  .git/config  sub/.git/HEAD  .git  GIT~1/config
""")

ORDINARY_FILES = words("""
.env.example  .env.sample  .env.template  .env.dist  app/.env.local.example  terraform.tfvars.example
secrets.example.yml  credentials.sample.json  secrets.schema.json  credentials.template.json
secrets.py  credentials.py  SecretsManager.java  secrets_test.go  credentials-provider.ts  core/secrets.rs  secrets.md
id_rsa.pub  environment.py  .environment  env.py  key.py  keys.go  keyboard.ts  monkey.js  .gitignore  .github/x.yml
config.json  settings.xml  docker/config.json  config  README.md  tokens.css  secretary.yaml  accounts.json
src/secrets/loader.py  src/credentials/index.ts  public_key.txt  a.pem.md  envoy.yaml  .envoy  gitlab.key.ts
""")


@pytest.mark.parametrize("path", SECRET_FILES)
def test_files_that_hold_secrets(path: str) -> None:
    assert is_secret_path(path)
    assert is_secret_path(PurePosixPath("/home/me/project") / path)
    assert is_secret_path(PureWindowsPath("C:\\project") / path.replace("/", "\\"))


@pytest.mark.parametrize("path", ORDINARY_FILES)
def test_ordinary_files(path: str) -> None:
    assert not is_secret_path(path)


def test_other_spellings_of_a_name_that_a_platform_takes_for_the_same() -> None:
    assert is_secret_path(PurePosixPath(".env."))
    assert is_secret_path(PurePosixPath(".env::$DATA"))
    assert not is_secret_path("")


# Put together here, so that no scanner of repositories takes this file for a leak.
RANDOM = "4fJ9sKq2Lx7Vb1Nc8Zr5Tm3Wp6Yh0Gd"
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
JWT = ".".join(("eyJ" + "hbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"))
TOKENS = {
    "aws": "AKIA" + "IOSFODNN7QXAMPLZ",
    "github": "ghp_" + RANDOM + "Ab1",
    "github fine": "github_" + "pat_11AAAAAAA0" + RANDOM,
    "gitlab": "glpat-" + RANDOM[:20],
    "slack": "xox" + "b-123456789012-" + RANDOM,
    "slack hook": "hooks.slack.com/services/" + "T0000/B0000/" + RANDOM,
    "stripe": "sk_" + "live_" + RANDOM,
    "google": "AIza" + "Sy" + RANDOM + "Q",
    "openai": "sk-" + "proj-" + RANDOM + RANDOM,
    "anthropic": "sk-" + "ant-api03-" + RANDOM,
    "hugging face": "hf_" + RANDOM + "xyz",
    "npm": "npm_" + RANDOM + "abcd",
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + RANDOM + RANDOM,
    "jwt": JWT,
    "digitalocean": "dop_v1_" + HEX + HEX[:24],
    "sendgrid": "SG." + RANDOM[:22] + "." + RANDOM + RANDOM[:11],
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("around", ["{}", 'key = "{}"', "curl -H 'X-Key: {}' https://a.b", "# {} #", "x={};y", "({})"])
def test_tokens_of_known_kinds(token: str, around: str) -> None:
    text = around.format(token)
    masked = Masker().mask(text)
    assert token not in masked
    assert masked == text.replace(token, "REDACTED_SECRET_1")


SECRETS = [
    ('password = "{}"', "hunter2!Xy9"),
    ("PASSWORD='{}'", "corr3ct-horse+battery"),
    ('"dbPassword": "{}",', "s3cr3t#Value"),
    ('passwd: str = "{}"', "Tr0ub4dor&3"),
    ("api_key: '{}'", RANDOM),
    ('const apiKey = "{}";', HEX),
    ("API_KEY={}", RANDOM),
    ("export SERVICE_TOKEN={}", HEX),
    ('config["client_secret"] = "{}"', RANDOM),
    ("secret_key: {}", RANDOM),
    ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY3X4MPL3K3Y"),
    ("'accessKey' => '{}',", RANDOM),
    ("let token := `{}`", RANDOM),
    ("https://api.test/v1?token={}&page=2", RANDOM),
    ("Authorization: Bearer {}", RANDOM),
    ("Authorization: Basic {}", "YWRtaW46c3VwZXJTM2NyM3RQYXNz"),
    ("postgres://app:{}@db.internal:5432/app", "p4ssw0rd/with/slash"),
    ("mongodb+srv://root:{}@cluster0.mongodb.net/test", "simplebutreal"),
    ("DATABASE_URL=mysql://u:{}@h/d", "abc123"),
    ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};", RANDOM + RANDOM + "=="),
    ("<password>{}</password>", "Zx81-Sp3ctrum-128K"),
]


@pytest.mark.parametrize(("around", "secret"), SECRETS)
def test_secrets_by_what_stands_around_them(around: str, secret: str) -> None:
    text = f"first line\n{around.format(secret)}\nlast line"
    masked = Masker().mask(text)
    assert secret not in masked
    assert "REDACTED_SECRET_1" in masked
    assert masked.startswith("first line\n")
    assert masked.endswith("\nlast line")


ORDINARY = """
password = getpass.getpass("Password: ")
password = os.environ["DB_PASSWORD"]
PASSWORD_RESET_TIMEOUT_DAYS = 3
token = self._tokens[index].strip()
token_type: Final = "access_token_v2"
const token = await getAccessTokenSilently({ audience });
secret_name = "projects/p1/secrets/my-secret/versions/2"
api_key_env = "ANTHROPIC_API_KEY"
api_key: "${{ secrets.DEPLOY_KEY_2024 }}"
password: "<your password 123>"
password: "changeme"
passwordPlaceholder = "Enter your password"
tokenizer = "qwen2.5-coder-7b-instruct-q4_k_m"
password = base64.b16encode(data)
postgres://postgres:postgres@localhost/db
https://user:password@example.com/
https://user:${DB_PASSWORD}@example.com/
https://host:8080/path@2x.png
secretsmanager = boto3.client("secretsmanager")
class TokenBucket2Factory(AbstractTokenBucket2Factory):
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
import { taskRunner } from "task-runner-with-long-name-2024"
risk-assessment-for-2024-and-some-more = 1
uuid = "123e4567-e89b-12d3-a456-426614174000"
-----BEGIN CERTIFICATE-----
eyJhbGciOiJub25lIn0 alone
xoxo = "hugs and kisses"
AKIA is a prefix
"""


@pytest.mark.parametrize("line", ORDINARY.strip().splitlines())
def test_ordinary_code_stays_as_it_is(line: str) -> None:
    assert Masker().mask(line) == line


PEM_BODY = "\n".join(["MIIEpAIBAAKCAQEA7bq4" + RANDOM + "/+" + str(i) for i in range(8)])
BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        f"key = '''{BEGIN}\n{PEM_BODY}\n{END}'''\nafter = 1",
        f"before\n{BEGIN}\n{PEM_BODY}",  # the end is cut off, as in a prompt's prefix
        f"{PEM_BODY}\n{END}\nafter",  # the beginning is cut off, as in a prompt's suffix
        'KEY="' + f"{BEGIN}\n{PEM_BODY}\n{END}".replace("\n", "\\n") + '"',
        f"{BEGIN}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n{PEM_BODY}\n{END}",
        f"{BEGIN}\n\n{PEM_BODY}\n{END}",
    ],
)
def test_private_keys_also_cut_off(text: str) -> None:
    masker = Masker()
    masker.mask("an earlier text\n\n" + PEM_BODY)  # alone it is no key; that must not be remembered against it
    masked = masker.mask(text)
    assert RANDOM not in masked
    for kept in ("before", "after", "-----BEGIN RSA", "-----END RSA"):
        assert (kept in masked) == (kept in text)
    assert masker.restore(masked) == text


def test_the_same_secret_has_the_same_placeholder_and_it_says_nothing_of_it() -> None:
    masker = Masker()
    first, second = TOKENS["github"], TOKENS["stripe"]
    once = masker.mask(f'a = "{first}"\nb = "{second}"')
    again = masker.mask(f'c = "{second}"')
    assert once == 'a = "REDACTED_SECRET_1"\nb = "REDACTED_SECRET_2"'
    assert again == 'c = "REDACTED_SECRET_2"'
    assert Masker().mask(f'c = "{second}"') == 'c = "REDACTED_SECRET_1"'


def test_masking_twice_changes_nothing_more() -> None:
    masker = Masker()
    once = masker.mask('password = "hunter2!Xy9"')
    assert masker.mask(once) == once


def test_a_reply_gets_the_secret_back() -> None:
    masker = Masker()
    masker.mask("token = " + TOKENS["github"])
    assert masker.restore("use REDACTED_SECRET_1, not REDACTED_SECRET_12") == (
        f"use {TOKENS['github']}, not REDACTED_SECRET_12"
    )


def test_a_placeholder_that_a_file_already_contains_is_never_given_out() -> None:
    masker = Masker()
    masked = masker.mask("old = 'REDACTED_SECRET_1'\nnew = " + TOKENS["github"])
    assert masked == "old = 'REDACTED_SECRET_1'\nnew = REDACTED_SECRET_2"
    assert masker.restore("REDACTED_SECRET_1") == "REDACTED_SECRET_1"


@given(st.text(alphabet="REDACTD_S1 x", max_size=12), st.lists(st.integers(1, 9), max_size=8))
def test_a_streamed_reply_is_restored_as_a_whole_one(noise: str, cuts: list[int]) -> None:
    masker = Masker()
    masker.mask("token = " + TOKENS["github"])
    reply = f"{noise}REDACTED_SECRET_1{noise} REDACTED_SECRET_1"
    restorer, shown, rest = masker.restorer(), "", reply
    for cut in cuts:
        shown += restorer.feed(rest[:cut])
        rest = rest[cut:]
    shown += restorer.feed(rest) + restorer.flush()
    assert shown == masker.restore(reply)


def test_a_streamed_reply_is_held_back_only_where_it_must_be() -> None:
    restorer = Masker().restorer()
    assert restorer.feed("plain text ") == "plain text "
    assert restorer.feed("REDUCE") == "REDUCE"
    assert restorer.feed("x REDACTED_S") == "x "
    assert restorer.feed("O") == "REDACTED_SO"


PIECES = [
    "\n",
    "\n\n",
    " ",
    "=",
    '"',
    "'",
    ":",
    "-----",
    "://",
    "@",
    "sk-",
    "eyJ",
    "token",
    "password",
    "a",
    "7",
    ".",
    "é",
    "İ",
]


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*PIECES, *TOKENS.values(), BEGIN, END, RANDOM, 'password = "hunter2!Xy9"']), max_size=25)
)
def test_masking_can_always_be_taken_back(pieces: list[str]) -> None:
    text = "".join(pieces)
    masker = Masker()
    masked = masker.mask(text)
    assert masker.restore(masked) == text
    assert masker.mask(text) == masked  # what is remembered must not change the outcome
    spans = secret_spans(text)
    assert all(start < end for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


HOSTILE = [
    "sk-" * 30_000,
    "eyJ" * 30_000,
    "eyJ." * 25_000,
    "xoxb-" * 20_000,
    "token" * 20_000,
    "password=" * 10_000,
    "password" + " " * 90_000,
    "password:" + "a" * 90_000,
    "password = '" * 8_000,
    "-----BEGIN PRIVATE KEY-----" * 3_000,
    "-----END PRIVATE KEY-----" * 3_000,
    "-----BEGIN " + "A " * 40_000,
    "://" * 30_000,
    "://:" * 25_000,
    "://a:" + "b" * 90_000,
    "a" * 90_000,
    "A1" * 45_000,
    "\n" * 90_000,
    "Bearer " * 12_000,
    "hooks.slack.com/services/" * 3_500,
    "api_key" + "[]" * 40_000,
    "secret_" * 12_000 + "=",
]


@given(
    lines=st.lists(
        st.sampled_from(
            [
                "x = 1",
                "",
                "}",
                "# REDACTED_SECRET_1",
                "token = 'ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5'",
                "-----BEGIN PRIVATE KEY-----",
                "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
                "-----END PRIVATE KEY-----",
            ]
        ),
        max_size=8,
    ),
    step=st.integers(1, 40),
)
def test_a_text_that_is_typed_is_masked_as_one_that_is_pasted(lines: list[str], step: int) -> None:
    text, masker = "\n".join(lines), Masker()
    for end in range(0, len(text) + step, step):
        fresh = Masker().mask(text[:end])
        assert re.sub(r"(REDACTED_SECRET_)\d+", r"\1", masker.mask(text[:end])) == re.sub(
            r"(REDACTED_SECRET_)\d+", r"\1", fresh
        )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:16]))
def test_texts_made_to_stall_a_scan(text: str) -> None:
    """Would run for minutes if any pattern looked at the same run again and again."""
    masker = Masker()
    assert masker.restore(masker.mask(text)) == text
