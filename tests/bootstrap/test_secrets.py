"""Secrets do not show themselves, and reach each engine in the form it keeps."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import logging
import pickle
import string
import traceback

import pytest

from bootstrap.manifest import PasswordRule
from bootstrap.postgres.own_password import with_password
from bootstrap.secrets import Credential, Secret, SecretStoreError, logins, new_password, redis_hash, scram_verifier
from bootstrap.secrets.store import _parse
from components.credentials import CredentialsArgs
from infra.settings.profiles import PROFILES

VALUE = "correct-horse-battery-staple"


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>40}".format,
        lambda s: f"{s:>30}",
        lambda s: "%s %r" % (s, s),  # noqa: UP031 - logging formats so
        lambda s: repr([s, {"a": s}, Credential(password=s)]),
        lambda s: str(Credential(password=s).model_dump()),
        lambda s: Credential(password=s).model_dump_json(),
        lambda s: "".join(traceback.format_exception(ValueError(s))),
        lambda s: json.dumps({"s": s}, default=str),
    ],
)
def test_a_secret_prints_as_stars(show: object) -> None:
    text = show(Secret(VALUE))  # type: ignore[operator]
    assert "***" in text
    assert VALUE not in text


def test_a_secret_does_not_travel() -> None:
    for carry in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            carry(Secret(VALUE))


def test_logging_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("password %s of %r", Secret(VALUE), Credential(password=Secret(VALUE)))
    assert VALUE not in caplog.text


def test_a_broken_secret_is_named_and_not_shown() -> None:
    with pytest.raises(SecretStoreError, match=r"arn:x .*wrong: port") as caught:
        _parse("arn:x", json.dumps({"password": VALUE, "port": VALUE}))
    shown = "".join(traceback.format_exception(caught.value))
    assert VALUE not in shown


def test_what_goes_into_the_store_comes_back() -> None:
    credential = Credential(username="app_a", password=Secret(VALUE), port=5432)
    assert credential.content() == {"username": "app_a", "password": VALUE, "port": 5432}
    assert Credential.model_validate_json(json.dumps(credential.content())) == credential


# A secret as its owner has written it -> what is in it once its password was replaced.
OWNED: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"username": "root", "password": VALUE}, {"username": "root", "password": "new"}),
    (
        {
            "username": "root",
            "password": VALUE,
            "masterarn": "arn:m",
            "others": ["x"],
            "called": {"a": 1},
            "none": None,
        },
        {
            "username": "root",
            "password": "new",
            "masterarn": "arn:m",
            "others": ["x"],
            "called": {"a": 1},
            "none": None,
        },
    ),
    ({"user": "root", "pass": VALUE, "ssl": True}, {"user": "root", "pass": "new", "ssl": True}),
    (
        {"user": "somebody", "pass": "theirs", "username": "root", "password": VALUE},
        {"user": "somebody", "pass": "theirs", "username": "root", "password": "new"},
    ),
    ({"user": "root", "password": VALUE, "pass": "x"}, {"user": "root", "password": "new", "pass": "x"}),
]


@pytest.mark.parametrize(("before", "after"), OWNED)
def test_what_others_have_in_a_secret_stays_where_it_is(before: dict[str, object], after: dict[str, object]) -> None:
    held = _parse("arn:x", json.dumps(before))
    assert (held.username, held.password, held.content()) == ("root", Secret(VALUE), before)
    changed = with_password(held, Secret("new"))
    assert changed.content() == after
    assert _parse("arn:x", json.dumps(after)) == changed
    assert not [each for each in (VALUE, "theirs", "arn:m") if each in f"{held!r} {held} {held.model_dump_json()}"]


def test_passwords_suit_every_engine() -> None:
    made = [new_password().reveal() for _ in range(200)]
    assert len(set(made)) == 200
    for password in made:
        assert 32 <= len(password) <= 128
        assert password.isascii()
        assert not set(password) & set("/\"@, '\\%:")
        assert password[0].isalpha()


def test_a_manifest_that_says_nothing_of_passwords_and_a_stack_that_does_not_have_one_rule() -> None:
    usual = PasswordRule()
    arguments = CredentialsArgs(
        prefix="shop-live", master_username="shop_admin", database="shop", identities=(), secrets_key_arn="arn:key"
    )
    for profile in PROFILES.values():
        assert profile["passwords"] == {"length": usual.length, "special": usual.special}
    assert (arguments.password_length, arguments.password_special) == (usual.length, usual.special)
    letters = "".join(new_password().reveal() for _ in range(200))
    assert set(letters) - set(string.ascii_letters + string.digits) == set(usual.special)


def test_the_verifier_satisfies_the_exchange_of_rfc_7677() -> None:
    """Section 3: user `user`, password `pencil`."""
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram_verifier(Secret("pencil"), salt=salt)
    head, keys = verifier.rsplit("$", 1)
    stored, server = (base64.b64decode(part) for part in keys.split(":"))
    first = "n=user,r=rOprNGfwEbeRWgbNEkqO"
    nonce = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    message = f"{first},{nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,{nonce}".encode()
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = hmac.digest(stored, message, "sha256")
    client = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert head == "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    assert hashlib.sha256(client).digest() == stored
    assert base64.b64encode(hmac.digest(server, message, "sha256")) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_redis_keeps_the_sha256() -> None:
    assert redis_hash(Secret("foobared")) == hashlib.sha256(b"foobared").hexdigest()


@pytest.mark.parametrize(
    ("answer", "says_nothing_of_the_password"),
    [
        ("FATAL:  sorry, too many clients already", True),
        ('FATAL:  too many connections for role "erp_app_a"', True),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", True),
        ("FATAL:  remaining connection slots are reserved for non-replication superuser and rds_superuser", True),
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  the database system is shutting down", True),
        ("FATAL:  the database system is in recovery mode", True),
        ("FATAL:  the database system is not yet accepting connections", True),
        ("FATAL:  terminating connection due to administrator command", True),
        ('FATAL:  password authentication failed for user "erp_app_a"', False),
        ('FATAL:  role "erp_app_b" is not permitted to log in', False),
        ('FATAL:  database "erp" does not exist', False),
        ('FATAL:  permission denied for database "erp"', False),
    ],
)
def test_what_a_server_answers_whatever_the_password_is(answer: str, says_nothing_of_the_password: bool) -> None:
    assert bool(logins._NOT_NOW.search(answer)) is says_nothing_of_the_password
