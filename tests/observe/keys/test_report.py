"""The report of keys from records: which key space each is in, what is wrong with it, and in bounded memory."""

from __future__ import annotations

import pytest

from bootstrap.access import Keyspace
from knowledge.thresholds.threshold import Status
from observe.keys.group import Group, middle, step
from observe.keys.names import quoted, shown
from observe.keys.patterns import folded, pattern_of
from observe.keys.record import Record
from observe.keys.report import report, report_of
from observe.keys.spaces import Spaces
from observe.keys.tally import Tally


def space(pattern: str, *, database: int = 0, kind: str = "any", ttl: str = "none") -> Keyspace:
    return Keyspace.model_validate(
        {"pattern": pattern, "cache": "shop", "database": database, "type": kind, "ttl": ttl, "purpose": "a test"}
    )


SHOP = Spaces(
    {
        "basket": space("basket:{customer}", kind="hash", ttl="1h"),
        "any_basket": space("basket:{customer}:{part}"),
        "gift": space("basket:gift:{code}"),
        "page": space("page:{url}", database=3, kind="string", ttl="10m"),
    },
    cache="shop",
)


@pytest.mark.parametrize(
    ("database", "key", "name", "elsewhere"),
    [
        (0, b"basket:1", "basket", "basket"),
        (0, b"basket:1:lines", "any_basket", "any_basket"),
        (0, b"basket:gift:x", "gift", "gift"),
        (0, b"basket:gift:", "basket", "basket"),
        (0, b"basket:", None, None),
        (0, b"Basket:1", None, None),
        (3, b"page:/a\r\nb\xff", "page", "page"),
        (0, b"page:/", None, "page"),
        (0, b"", None, None),
    ],
)
def test_the_most_specific_space_of_its_database_has_a_key(
    database: int, key: bytes, name: str | None, elsewhere: str | None
) -> None:
    assert (SHOP.find(database, key), SHOP.elsewhere(key)) == (name, elsewhere)


def test_cluster_mode_knows_no_other_database() -> None:
    clustered = Spaces(SHOP.declared, clustered=True)
    assert [clustered.find(0, b"page:/"), clustered.database("page")] == ["page", 0]


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (b"foo:4711:bar", b"foo:*:bar"),
        (b"foo:0b7a3f2e-19c4-4e0d-9a7b-5d1f0e8c6a21", b"foo:*"),
        (b"job/2c26b46b68ffc68ff99b453c1d304134", b"job/*"),
        (b"user12:name", b"user*:name"),
        (b"rate:10.0.0.1:login", b"rate:*:login"),
        (b"token:eyJhbGciOiJIUzI1NiIsInR5cCI6", b"token:*"),
        (b"deadbeef:cafe", b"deadbeef:cafe"),
        (b"a\x00\xffb", b"a*b"),
        (b"two words", b"two*words"),
        (b"1-2_3.4", b"*"),
        (b"", b"*"),
        (b"plain", b"plain"),
        (b"x" * 500, b"x" * 120 + b"*"),
    ],
)
def test_a_name_has_a_pattern(key: bytes, pattern: bytes) -> None:
    assert pattern_of(key) == pattern


def test_many_names_at_one_place_become_a_star_and_the_frequent_stay() -> None:
    counts = {b"user:%c:cart" % letter: Group(keys=1) for letter in b"abcdefghijklmnopqrstuvwxyz"}
    counts |= {b"user:guest:cart": Group(keys=100), b"flag:on": Group(keys=2)}
    assert {name: group.keys for name, group in folded(counts, {}).items()} == {
        b"user:guest:cart": 100,
        b"user:*:cart": 26,
        b"flag:on": 2,
    }


def test_the_patterns_are_bounded() -> None:
    tally = Tally(SHOP)
    letters = "bcdfghjklm"
    names = (f"{a}{b}{c}:{d}{e}" for a in letters for b in letters for c in letters for d in "ab" for e in letters)
    tally.add_all(Record(0, name.encode(), "string", None, 1) for name in names)
    assert len(tally.undeclared[0]) <= 2000
    made = report(tally)
    assert made.keys == 10**4 * 2
    assert len(made.undeclared) < 40


@pytest.mark.parametrize("life", [0, 1, 7, 59_999, 60_000, 86_400_000, 2**40])
def test_a_life_is_right_to_an_eighth(life: int) -> None:
    assert abs(middle(step(life)) - life) <= max(1, life / 8)


def test_the_report_says_what_is_wrong() -> None:
    made = report_of(
        [
            Record(0, b"basket:1", "hash", 1000, 100),
            Record(0, b"basket:2", "hash", None, 100),
            Record(0, b"basket:3", "string", 7_200_000, 200_000),
            Record(0, b"page:/", "string", 5, 50),
            Record(0, b"lost:7", "set", None, 300_000, elements=7000),
            Record(0, b"lost:8", "set", None, 10, elements=3),
        ],
        SHOP,
    )
    assert [(row.name, row.database, row.group.keys, row.group.size) for row in made.spaces] == [
        ("basket", 0, 3, 200_200),
        ("any_basket", 0, 0, 0),
        ("gift", 0, 0, 0),
        ("page", 3, 0, 0),
    ]
    assert [(row.pattern, row.database, row.group.keys) for row in made.undeclared] == [(b"lost:*", 0, 2)]
    assert [(row.name, row.database, row.group.keys) for row in made.elsewhere] == [("page", 0, 1)]
    assert (made.keys, made.size) == (6, 500_260)
    assert [(found.status, found.check, found.object, found.value) for found in made.findings] == [
        (Status.WARN, "keys-without-ttl", "basket", 1),
        (Status.WARN, "keys-longer-ttl", "basket", 1),
        (Status.WARN, "keys-wrong-type", "basket", 1),
        (Status.WARN, "keys-wrong-database", "page/0", 1),
        (Status.WARN, "keys-big", "basket:3", 200_000),
        (Status.WARN, "keys-long", "lost:7", 7000),
        (Status.WARN, "keys-undeclared", "lost:*", 2),
    ]
    assert made.findings[0].mend.startswith("EXPIRE basket:2 3600 NX")
    assert made.findings[-1].mend == (
        'declare it in access.yaml: keyspaces: {NAME: {pattern: "lost:{id}", cache: shop, type: set, ttl: none, '
        "purpose: WHY}}"
    )


def test_without_declared_spaces_nothing_is_undeclared() -> None:
    made = report_of([Record(0, b"a:1", "string", None, 1)], Spaces({}))
    assert ([row.pattern for row in made.undeclared], made.findings) == ([b"a:*"], ())


def test_refused_keys_are_counted_and_said() -> None:
    tally = Tally(SHOP)
    tally.refuse(0, 4)
    made = report(tally)
    assert (made.keys, dict(made.refused)) == (4, {0: 4})
    assert [(found.status, found.value) for found in made.findings] == [(Status.SKIPPED, 4)]


def test_a_sample_stands_for_all() -> None:
    part, whole = Tally(SHOP), Tally(SHOP)
    part.add_all(
        Record(0, b"basket:%d" % number, "hash", 1000 + number, 100 + number, frequency=number) for number in range(30)
    )
    whole.merge(part, 10)
    made = report(whole)
    basket = made.spaces[0].group
    assert (made.keys, basket.types, basket.shortest, basket.longest) == (300, {"hash": 300}, 1000, 1029)
    assert [record.key for record in made.hottest][:2] == [b"basket:29", b"basket:28"]
    assert (len(made.hottest), made.biggest[0].size) == (20, 129)


@pytest.mark.parametrize(
    ("key", "text", "argument"),
    [
        (b"plain:1", "plain:1", "plain:1"),
        ("schlüssel".encode(), "schlüssel", '"schl\\xc3\\xbcssel"'),
        (b"a b", "a b", '"a b"'),
        (b'q"\\', 'q"\\', '"q\\x22\\x5c"'),
        (b"\x00\xff\n", "\\x00\\xff\\x0a", '"\\x00\\xff\\x0a"'),
        (b"[red]", "[red]", "[red]"),
    ],
)
def test_any_bytes_can_be_shown_and_typed(key: bytes, text: str, argument: str) -> None:
    assert (shown(key), quoted(key)) == (text, argument)
