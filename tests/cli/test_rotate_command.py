"""`datatier access rotate`: what it takes, what it prints, what an application then reads."""

from typing import Any

import pytest

from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.secrets import AwsStore
from cli.errors import InputError
from cli.rotate import _known
from clients.credentials import cache_credential
from clients.errors import EmptySecretError


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say whose"),
        (("clinic_app", "--all"), "say whose"),
        (("--all", "--older-than", "30d"), "say whose"),
        (("--older-than", "soon"), "write `30s`, `5m`, `24h` or `30d`"),
        (("--older-than", "none"), "write `30m`, `24h` or `30d`"),
        (("clinic_app", "--grace", "a day"), "is not a duration"),
    ],
)
def test_wrong_input(words: tuple[str, ...], says: str, project: Any) -> None:
    answer = project.run("access", "rotate", *words)
    assert answer.code == 2, answer.err
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_the_auth_token_of_a_cache_is_among_what_rotates_and_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at = Endpoint(name="hot", host="127.0.0.1", port=1)
    target = Manifest(
        stack="shop",
        prefix="shop",
        region="eu-west-1",
        postgres=PostgresTarget(primary=at, database="shop", master_secret="arn:master"),
        caches={
            "hot": CacheTarget(endpoint=at, auth_secret="arn:token", replication_group="shop-hot"),
            "cold": CacheTarget(endpoint=at, user_group="shop-cold"),
        },
        secrets={"till": "arn:till"},
        access={},
    )
    for name in ("till", "master", "hot-auth"):
        assert _known(target, name) == name
    with pytest.raises(InputError, match="no identity `cold-auth`: till, master, hot-auth"):
        _known(target, "cold-auth")
    asked: list[str] = []
    monkeypatch.setattr(AwsStore, "get", lambda _, arn: asked.append(arn))
    for cache in ("hot", "cold"):
        with pytest.raises(EmptySecretError, match="is empty"):
            cache_credential(target, cache, "till")
    assert asked == ["arn:token", "arn:till"]


def test_help_has_examples(project: Any) -> None:
    assert "Example" in project.ok("access", "rotate", "--help").out


@pytest.mark.server
def test_an_identity_and_its_environment(tier: Any) -> None:
    def login() -> str:
        return tier.ok("psql", "clinic_reporting", "--", "-Atc", "SELECT session_user").out.strip()

    old = login()
    unknown = tier.run("access", "rotate", "clinic_reportin")
    assert (unknown.code, "Did you mean `clinic_reporting`?" in unknown.err) == (2, True)
    planned = tier.ok("access", "rotate", "clinic_reporting", "--dry-run").out.splitlines()
    assert [line.split(":")[1].strip() for line in planned] == [
        "stage secret", "admit postgres", "prove secret", "promote secret"
    ]  # fmt: skip
    assert login() == old
    (done,) = tier.ok("access", "rotate", "clinic_reporting", "--json").json["identities"]
    assert (done["outcome"], len(done["steps"])) == ("rotated", 4)
    assert login() != old
    assert tier.ok("bootstrap", "--json").json["changed"] == 0
    assert "in grace" in tier.ok("access", "rotate", "clinic_reporting").out
    assert "retired" in tier.ok("access", "rotate", "clinic_reporting", "--finish").out
    assert tier.ok("bootstrap", "--json").json["changed"] == 0
    # And back: the tier is left as it was found. Without grace it is one command.
    (back,) = tier.ok("access", "rotate", "clinic_reporting", "--grace", "0", "--json").json["identities"]
    assert (back["outcome"], login()) == ("rotated", old)
