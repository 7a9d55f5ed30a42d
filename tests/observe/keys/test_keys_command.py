"""`datatier keys` as it is called: its JSON, its table, exit codes, and what it says of wrong input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from key_servers import INVENTORY, fill, server, url
from real_servers import Valkey

sys.path.insert(0, str(Path(__file__).parents[2] / "cli"))

from in_process import Said, call

pytestmark = pytest.mark.server
ACCESS = """
owner: shop_owner
identities:
  shop_till: {redis: {hot: {keys: ["basket:*", "page:*"], commands: ["@read", "@write"]}}}
  shop_stock: {redis: {hot: inventory}}
keyspaces:
  basket: {pattern: "basket:{customer}", cache: hot, type: hash, ttl: 1h, purpose: baskets}
  page: {pattern: "page:{url}", cache: hot, database: 3, type: string, ttl: 10m, purpose: pages}
"""


@pytest.fixture(scope="module")
def cache() -> Iterator[Valkey]:
    with server() as made, made.admin() as admin:
        fill(admin, 600)
        yield made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("cli.keys.give_way", lambda: None)  # this process has tests to go on with
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "access.yaml").write_text(ACCESS)
    return tmp_path


def keys(folder: Path, of: Valkey, *words: str, rules: str = INVENTORY) -> Said:
    return call(folder, "keys", *words, "--redis-url", url(of, rules).reveal())


def test_the_shape_of_its_json(cache: Valkey, project: Path) -> None:
    said = keys(project, cache, "hot", "--json")
    assert said.err == ""
    assert (said.code, said.err) == (0, "")
    found = said.json
    assert [{key: each[key] for key in ("name", "keys", "without_ttl")} for each in found["spaces"]] == [
        {"name": "basket", "keys": 600, "without_ttl": 1},
        {"name": "page", "keys": 1, "without_ttl": 0},
    ]
    assert found["spaces"][0]["ttl"]["spread"] == {"1m": 0, "10m": 0, "1h": 599, "1d": 0, "7d": 0, "30d": 0, "more": 0}
    assert (
        sum(each["bytes"] for each in found["spaces"]) + sum(e["bytes"] for e in found["undeclared"]) == found["bytes"]
    )
    assert {each["pattern"]: each["keys"] for each in found["undeclared"]}["lost:letters"] == 1
    # The empty name: a user that nobody knows is refused it once, and whoever it may be is said.
    assert (found["refused"], found["complete"], found["estimated"]) == (1, True, False)
    assert {each["check"] for each in found["findings"]} >= {
        "keys-without-ttl",
        "keys-big",
        "keys-long",
        "keys-refused",
    }
    assert all(each["mend"] for each in found["findings"])


def test_its_table_has_the_findings_with_their_source(cache: Valkey, project: Path) -> None:
    said = keys(project, cache, "hot", "--sample", "50")
    assert said.code == 0
    assert "estimated from" in said.out
    assert "lost:letters" not in said.out or "access.yaml: nobody answers for what is in no key space" in said.out
    whole = keys(project, cache, "hot").out
    assert "basket" in whole
    assert "mend: EXPIRE basket:7 3600 NX" in whole


def test_ctrl_c_shows_what_was_seen_and_resume_goes_on(
    cache: Valkey, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from observe.keys.survey import Survey

    state = project / "kept.json"
    take = Survey.take
    with monkeypatch.context() as patched:
        left = iter([False, False])
        patched.setattr(
            Survey, "take", lambda self, of, **more: take(self, of, **more | {"stopped": lambda: next(left, True)})
        )
        said = keys(project, cache, "hot", "--json", "--state", str(state), rules=INVENTORY)
    assert said.code == 130
    assert said.json["complete"] is False
    assert 0 < said.json["keys"] < 607
    assert "`--resume` goes on from" in " ".join(said.err.split())
    again = keys(project, cache, "hot", "--json", "--resume", "--state", str(state))
    assert (again.code, again.json["spaces"][0]["keys"], state.exists()) == (0, 600, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sample", "5", "--resume"], "--sample and --resume"),
        (["--resume"], "name the file that the scan was kept in with --state"),
        (["--resume", "--state", "/nonexistent.json"], "no scan was interrupted here"),
    ],
)
def test_wrong_input_is_one_sentence(cache: Valkey, project: Path, words: list[str], said: str) -> None:
    found = keys(project, cache, "hot", *words)
    assert (found.code, found.out) == (2, "")
    assert said in " ".join(found.err.split())


def test_key_spaces_of_a_cache_that_has_none_are_not_nothing(cache: Valkey, project: Path) -> None:
    found = keys(project, cache, "hto")
    assert (found.code, found.out) == (2, "")
    assert "no key space of `hto` is declared: those of hot" in " ".join(found.err.split())


def test_a_server_that_is_not_there_is_one_sentence(project: Path) -> None:
    found = call(project, "keys", "hot", "--redis-url", "redis://127.0.0.1:1")
    assert (found.code, found.out) == (1, "")
    assert "cannot reach the Redis of the URL" in " ".join(found.err.split())


def test_a_database_url_is_not_a_redis_url(project: Path) -> None:
    found = call(project, "keys", "hot", "--redis-url", "postgres://127.0.0.1/shop")
    assert (found.code, found.out) == (2, "")
    assert "the Redis URL cannot be read" in found.err


def test_who_is_declared_is_known_before_anything_is_asked(cache: Valkey, project: Path) -> None:
    with cache.admin() as admin:
        admin.acl_log_reset()
        admin.execute_command("ACL", "SETUSER", "shop_stock", "reset", *INVENTORY.split(), ">of-a-test")
        said = call(
            project, "keys", "hot", "--json", "--redis-url", f"redis://shop_stock:of-a-test@127.0.0.1:{cache.port}"
        )
        assert (said.code, said.json["refused"], admin.acl_log()) == (0, 1, [])
