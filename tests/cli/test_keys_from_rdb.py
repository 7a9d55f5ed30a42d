"""`datatier keys --from-rdb`: the report of a scan, from a file and no server."""

from __future__ import annotations

from pathlib import Path

import in_process
import pytest

ACCESS = """
owner: shop_owner
identities:
  shop: {postgres: migrator, redis: {basket: {keys: ["cart:*"], commands: ["@read", "@write"]}}}
keyspaces:
  cart: {pattern: "cart:{customer}", cache: basket, owner: shop, type: hash, ttl: 1h, purpose: baskets}
"""
# Of 2026-11-29: a hash with a TTL of a minute, a string that is called a basket and stays, and a name of nobody's.
FILE = (
    b"VALKEY080\xfa\x0avalkey-ver\x059.1.2\xfa\x05ctime\xc2" + (1_795_900_000).to_bytes(4, "little") + b"\xfe\x00"
    b"\xfc" + (1_795_900_060_000).to_bytes(8, "little") + b"\x04\x06cart:1\x01\x04item\x05apple"
    b"\x00\x06cart:2\x03odd\x00\x05x:100\x01y\xff" + bytes(8)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.local.yaml"):
        (tmp_path / name).write_text("name: shop\nruntime: python\n" if name == "Pulumi.yaml" else "config: {}\n")
    (tmp_path / "access.yaml").write_text(ACCESS)
    (tmp_path / "dump.rdb").write_bytes(FILE)
    return tmp_path


def test_the_report_has_what_the_file_holds_by_the_key_spaces_of_the_cache(folder: Path) -> None:
    said = in_process.call(folder, "keys", "basket", "--from-rdb", "dump.rdb", "--json")
    assert said.code == 0, said.all
    (cart,) = said.json["spaces"]
    assert {key: cart[key] for key in ("name", "keys", "without_ttl", "types")} == {
        "name": "cart",
        "keys": 2,
        "without_ttl": 1,
        "types": {"hash": 1, "string": 1},
    }
    assert cart["ttl"]["max"] == pytest.approx(60, abs=1)
    assert [(each["pattern"], each["keys"]) for each in said.json["undeclared"]] == [("x:*", 1)]
    assert said.json["nodes"] == ["dump.rdb (valkey 9.1.2, 2026-11-28 21:06 UTC; sizes are estimates)"]
    assert (said.json["keys"], said.json["refused"], said.json["complete"]) == (3, 0, True)


def test_without_a_cache_the_keys_are_patterns(folder: Path) -> None:
    said = in_process.call(folder, "keys", "--from-rdb", "dump.rdb", "--json")
    assert said.code == 0, said.all
    assert sorted((each["pattern"], each["keys"]) for each in said.json["undeclared"]) == [("cart:*", 2), ("x:*", 1)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["basket", "--from-rdb", "dump.rdb", "--sample", "5"], "no server is asked"),
        (["basket", "--from-rdb", "dump.rdb", "--keep"], "--keep: sizes are kept in the database of a stack"),
        (["basket", "--from-rdb", "none.rdb"], "--from-rdb none.rdb: No such file or directory."),
        (["basket", "--from-rdb", "access.yaml"], "access.yaml is not a snapshot"),
        (["backset", "--from-rdb", "dump.rdb"], "no key space of `backset` is declared: those of basket are."),
    ],
)
def test_wrong_input_is_one_sentence(folder: Path, words: list[str], sentence: str) -> None:
    said = in_process.call(folder, "keys", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
