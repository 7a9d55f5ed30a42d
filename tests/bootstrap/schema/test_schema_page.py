"""The page of a definition: Markdown stays whole whatever is said, and Mermaid takes every diagram.

The diagrams of these tables, of the larger schemas in `corpus/` and of 200 tables were parsed once with Mermaid 11.
"""

from __future__ import annotations

import pytest

from bootstrap.schema import Schema, document
from bootstrap.schema.diagram import LIMIT, diagrams, listed, word
from bootstrap.schema.markdown import code, prose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain user_email", "plain user_email"),
        ("two\nlines\r\nthree", "two<br>lines<br>three"),
        ("a | pipe", "a \\| pipe"),
        ("`code` and <b>bold</b> & more", "\\`code\\` and &lt;b&gt;bold&lt;/b&gt; &amp; more"),
        ("# no heading\n- no list\n1. nor this", "\\# no heading<br>\\- no list<br>1\\. nor this"),
        ("*a* _b_ [c](d) \\", "\\*a\\* \\_b\\_ \\[c\\](d) \\\\"),
        ("", ""),
    ],
)
def test_what_people_say_is_text_in_a_table(text: str, expected: str) -> None:
    assert prose(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a || b", "`a \\|\\| b`"),
        ("a\n  b", "`a b`"),
        ("a ` b", "``a ` b``"),
        ("`a`", "`` `a` ``"),
        ("", ""),
    ],
)
def test_code_is_code_in_a_table(text: str, expected: str) -> None:
    assert code(text) == expected


def test_a_comment_of_two_lines_stays_in_its_cell() -> None:
    page = document(
        {
            "tables": {
                'shop."Odd|Name"': {
                    "comment": "first\nsecond",
                    "columns": {"id": {"type": "integer", "comment": "one\n| two |"}},
                    "constraints": {"c": "CHECK (id > 0 || 'x')"},
                    "comments": {"constraint c": "a\nb"},
                }
            }
        }
    )
    assert "## shop.Odd\\|Name\n\nfirst<br>second.\n" in page
    assert "| `id` | integer | yes |  | one<br>\\| two \\| |" in page
    assert "| `c` | `CHECK (id > 0 \\|\\| 'x')` | a<br>b |" in page


def test_the_page_has_everything_that_is_defined() -> None:
    defined: Schema = {
        "version": 3,
        "extensions": {"citext": {"schema": "public"}, "vector": {"schema": "ext"}},
        "schemas": {"shop": {"comment": "sold"}},
        "types": {"public.mood": {"enum": ["a|b"], "comment": "x"}},
        "sequences": {"shop.s": {"cache": 5}},
        "functions": {"shop.f(integer)": {"definition": ["CREATE ..."], "comment": "does"}},
        "tables": {
            "public.p": {"columns": {"at": {"type": "date"}}, "partition_by": "RANGE (at)"},
            "public.p_1": {"partition_of": "public.p", "bound": "DEFAULT"},
            "public.p_2": {"partition_of": "public.p", "bound": "FOR VALUES IN (1)", "rules": {"r": "CREATE RULE r"}},
        },
        "views": {"shop.v": {"definition": ["SELECT 1;"], "materialized": True, "comment": "seen"}},
        "objects": {"publication": {"told": {"definition": ["CREATE PUBLICATION told"]}}},
    }
    page = document(defined)
    for line in (
        "| `p_1` | `DEFAULT` |",
        "A partition of `p`: `FOR VALUES IN (1)`.",
        "| `shop.v` | Materialized. seen |",
        "| `shop.f(integer)` | does |",
        "| `mood` | `AS ENUM ('a\\|b')` | x |",
        "| `shop.s` | `CACHE 5` |  |",
        "| publication | `told` | `CREATE PUBLICATION told` |  |",
        "| `shop` | sold |",
        "`citext`, `vector` in `ext`",
    ):
        assert line in page, line
    assert "## p_1" not in page, "a partition with nothing of its own is a line of its parent"


def test_mermaids_own_words_are_names() -> None:
    tables: Schema = {
        "tables": {
            "public.class": {
                "columns": {
                    name: {"type": "integer"} for name in ("pk", "UK", '"1st"', '"a b"', "a_b", '"größe"', "plain")
                },
                "constraints": {"k": "PRIMARY KEY (pk)", "u": "UNIQUE NULLS NOT DISTINCT (plain)"},
            },
            'shop."to"': {
                "columns": {"one": {"type": "character varying(3)[]"}},
                "constraints": {"f": "FOREIGN KEY (one) REFERENCES public.class(pk) ON DELETE SET NULL (one)"},
            },
        }
    }
    assert diagrams(tables["tables"]) == [
        [
            "erDiagram",
            '    "class" {',
            "        integer _pk PK",
            "        integer _UK",
            "        integer _1st",
            "        integer a_b",
            "        integer a_b_",
            "        integer gr_e",
            "        integer plain UK",
            "    }",
            '    "shop.to" {',
            "        varchar_array one FK",
            "    }",
            '    "class" |o--o{ "shop.to" : "one"',
        ]
    ]


def test_a_temporal_key_is_drawn() -> None:
    tables: Schema = {
        "tables": {
            "public.room": {
                "columns": {"id": {"type": "int4range"}, '"dur ing"': {"type": "daterange"}},
                "constraints": {"k": 'PRIMARY KEY (id, "dur ing" WITHOUT OVERLAPS)'},
            },
            "public.stay": {
                "columns": {
                    "id": {"type": "int4range", "not_null": True},
                    "v": {"type": "daterange", "not_null": True},
                },
                "constraints": {"f": 'FOREIGN KEY (id, PERIOD v) REFERENCES public.room(id, PERIOD "dur ing")'},
            },
        }
    }
    (lines,) = diagrams(tables["tables"])
    assert lines[2:4] == ["        int4range id PK", "        daterange dur_ing PK"]
    assert lines[-1] == '    "room" ||--o{ "stay" : "id, v"'


def test_a_diagram_is_split_by_what_is_connected_and_none_is_longer_than_mermaid_takes() -> None:
    columns = {f"column_number_{number}": {"type": "text"} for number in range(40)}
    tables = {
        f"public.t{number}": {
            "columns": columns,
            "constraints": {"f": f"FOREIGN KEY (column_number_1) REFERENCES public.t{number - 1}(column_number_1)"}
            if number % 20
            else {},
        }
        for number in range(200)
    }
    made = diagrams(tables)  # type: ignore[arg-type]  # a table as the file has it
    drawn = ["\n".join(lines) for lines in made]
    assert max(map(len, drawn)) <= LIMIT
    assert sum(text.count(" {\n") for text in drawn) == 200, "every table once"
    assert sum(text.count("|o--o{") for text in drawn) == 190, "twenty by twenty they fit: no reference is lost"
    alone = diagrams(tables, limit=3000)  # type: ignore[arg-type]  # as before
    assert max(len("\n".join(lines)) for lines in alone) <= 3000


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("a", ["a"]),
        ('a, "b, c"', ["a", '"b, c"']),
        ("a, PERIOD b", ["a", "b"]),
        ('"x""y" WITHOUT OVERLAPS', ['"x""y"']),
    ],
)
def test_the_columns_of_a_key(columns: str, expected: list[str]) -> None:
    assert listed(columns) == expected


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("timestamp(3) with time zone", "timestamp_with_time_zone"),
        ("timestamp with time zone", "timestamptz"),
        ("numeric(3,2)[]", "numeric_array"),
        ('public."My Type"', "_My_Type_"),
        ('"char"', "_char_"),
        ("", "unknown"),
    ],
)
def test_a_type_is_a_word(type_: str, expected: str) -> None:
    assert word(type_) == expected
