"""What a mending statement locks, rewrites, reads or loses, in a sentence for whoever runs it. Pure.

From PostgreSQL's documentation: ALTER TABLE's notes, the pages of the other statements, and "Explicit Locking", which
names the lock of each. A test holds the locks against a server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

ALL = "while nobody reads or writes it (ACCESS EXCLUSIVE)"
_MOMENT = "locks the table for a moment, against reads too (ACCESS EXCLUSIVE)"
_WRITES = "locks the table against writes for a moment (SHARE ROW EXCLUSIVE)"
_ON = "reads and writes go on (SHARE UPDATE EXCLUSIVE)"
_GRANTS = "what was granted on it goes with it: the next bootstrap, or `datatier access apply`, grants it again"

_TABLE = r"ALTER (?:FOREIGN )?TABLE (?:ONLY )?.+? "
_EFFECTS: tuple[tuple[str, str], ...] = (
    (_TABLE + r"ALTER COLUMN .+ TYPE .+ USING ", f"rewrites the table and its indexes {ALL}"),
    (_TABLE + r"ALTER COLUMN .+ TYPE ", _MOMENT),
    (_TABLE + r"ALTER COLUMN .+ SET NOT NULL$", f"reads the whole table {ALL}; a row without a value refuses it"),
    (_TABLE + r"ALTER COLUMN .+ (?:DROP NOT NULL|(?:SET|DROP) DEFAULT|DROP EXPRESSION|DROP IDENTITY)", _MOMENT),
    (_TABLE + r"ALTER COLUMN .+ (?:SET GENERATED|ADD GENERATED|SET (?:START|INCREMENT|MINVALUE|CYCLE|CACHE))", _MOMENT),
    (_TABLE + r"ALTER COLUMN .+ SET (?:STORAGE|COMPRESSION) ", f"{_MOMENT}; holds for what is written from now on"),
    (_TABLE + r"ALTER COLUMN .+ SET STATISTICS ", f"{_ON}; holds from the next ANALYZE on"),
    (_TABLE + r"ALTER COLUMN .+ (?:RE)?SET \(", f"{_ON}; holds from the next ANALYZE on"),
    (_TABLE + r"ADD COLUMN .+ (?:STORED|AS IDENTITY(?: \(.*\))?)(?: NOT NULL)?$", f"rewrites the table {ALL}"),
    (
        _TABLE + r"ADD COLUMN (?!.* (?:DEFAULT|GENERATED) ).* NOT NULL$",
        f"{_MOMENT}; is refused while the table has rows, which would have no value",
    ),
    (_TABLE + r"ADD COLUMN .* DEFAULT ", f"{_MOMENT}; a volatile default rewrites the table meanwhile"),
    (_TABLE + r"ADD COLUMN ", _MOMENT),
    (_TABLE + r"DROP COLUMN ", f"loses what is stored in the column; {_MOMENT}"),
    (
        _TABLE + r"ADD CONSTRAINT .+ FOREIGN KEY .+ (?:NOT VALID|NOT ENFORCED)$",
        "locks both tables against writes for a moment (SHARE ROW EXCLUSIVE)",
    ),
    (
        _TABLE + r"ADD CONSTRAINT .+ FOREIGN KEY ",
        "reads the whole table while nobody writes it or the other one (SHARE ROW EXCLUSIVE)",
    ),
    (_TABLE + r"ADD CONSTRAINT .+ CHECK .+ (?:NOT VALID|NOT ENFORCED)$", _MOMENT),
    (_TABLE + r"ADD CONSTRAINT .+ (?:CHECK|NOT NULL) ", f"reads the whole table {ALL}"),
    (_TABLE + r"ADD CONSTRAINT ", f"builds an index {ALL}"),
    (_TABLE + r"VALIDATE CONSTRAINT ", f"reads the whole table; {_ON}"),
    (_TABLE + r"DROP CONSTRAINT ", _MOMENT),
    (_TABLE + r"ATTACH PARTITION ", "reads the whole partition, against its reads and writes too (ACCESS EXCLUSIVE)"),
    (_TABLE + r"DETACH PARTITION ", "locks parent and partition for a moment, against reads too (ACCESS EXCLUSIVE)"),
    (_TABLE + r"SET (?:LOGGED|UNLOGGED|ACCESS METHOD .+)$", f"rewrites the table and its indexes {ALL}"),
    (_TABLE + r"(?:NO )?INHERIT ", _MOMENT),
    (_TABLE + r"(?:OF |NOT OF)", _MOMENT),
    (_TABLE + r"REPLICA IDENTITY ", _MOMENT),
    (_TABLE + r"(?:CLUSTER ON|SET WITHOUT CLUSTER)", _ON),
    (_TABLE + r"(?:ENABLE|DISABLE)(?: REPLICA| ALWAYS)? TRIGGER ", _WRITES),
    (_TABLE + r"(?:ENABLE|DISABLE)(?: REPLICA| ALWAYS)? RULE ", _MOMENT),
    (_TABLE + r"(?:NO FORCE|FORCE|ENABLE|DISABLE) ROW LEVEL SECURITY", _MOMENT),
    (_TABLE + r"(?:RE)?SET \(", _ON),
    (r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY ", f"{_ON}; not inside a transaction"),
    (r"REINDEX (?:INDEX|TABLE) CONCURRENTLY ", f"{_ON}; not inside a transaction"),
    (r"DROP INDEX CONCURRENTLY ", f"{_ON}; not inside a transaction"),
    (r"VACUUM (?!\(?FULL)", f"{_ON}; not inside a transaction"),
    (r"ANALYZE ", _ON),
    (r"CREATE (?:UNIQUE )?INDEX ", "lets nobody write the table while it builds the index (SHARE)"),
    (r"DROP INDEX ", _MOMENT),
    (r"CREATE OR REPLACE (?:CONSTRAINT )?TRIGGER |CREATE CONSTRAINT TRIGGER ", _WRITES),
    (r"DROP TRIGGER |CREATE OR REPLACE RULE |DROP RULE |CREATE POLICY |DROP POLICY ", _MOMENT),
    (r"CREATE OR REPLACE VIEW ", "locks the view for a moment, against reads too (ACCESS EXCLUSIVE)"),
    (r"DROP (?:MATERIALIZED )?VIEW |DROP (?:ROUTINE|AGGREGATE) ", _GRANTS),
    (r"DROP (?:TYPE|DOMAIN) ", _GRANTS),
    (
        r"REFRESH MATERIALIZED VIEW ",
        "reads all that the view is made of, while nobody reads the view (ACCESS EXCLUSIVE)",
    ),
    (r"DROP TABLE ", "loses the rows of the table"),
    (r"DROP SEQUENCE ", "loses the number that the sequence has come to"),
    (r"DROP EXTENSION ", "loses what is stored in the extension's tables"),
    (r"ALTER TYPE .+ ADD VALUE ", "the new value can be used when this is committed"),
    (r"ALTER TYPE .+ RENAME VALUE ", "every row that has the value has it by its new name"),
    (r"ALTER TYPE .+ DROP ATTRIBUTE ", "loses what is stored in the attribute"),
    (r"ALTER TYPE .+ ALTER ATTRIBUTE ", "is refused while a table's column has the type"),
    (
        r"ALTER DOMAIN .+ (?:ADD CONSTRAINT (?!.* NOT VALID$)|SET NOT NULL|VALIDATE)",
        "reads every table with a column of the domain, while nobody writes it (SHARE)",
    ),
    (
        r"ALTER EXTENSION .+ SET SCHEMA ",
        "statements that find its objects by the search_path may not find them any more",
    ),
)
_KNOWN = tuple((re.compile(pattern, re.DOTALL), effect) for pattern, effect in _EFFECTS)


def effect(statement: str) -> str | None:
    """What one statement does beside what it says; None where nobody is kept waiting and nothing is lost."""
    return next((told for pattern, told in _KNOWN if pattern.match(statement)), None)


def notes(statements: Iterable[str], note: str) -> tuple[str, ...]:
    """The sentences on a mend, each once: its own, then those on its statements."""
    return tuple(dict.fromkeys(filter(None, (note, *map(effect, statements)))))
