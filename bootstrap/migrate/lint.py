"""What a migration does that hurts a database in use: the rules that squawk does not have, and how one is allowed.

`docs/migrations.md` lists every rule and who checks it. `-- datatier:allow RULE reason` before or in a statement
silences a rule for that statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bootstrap.migrate.errors import Problem
from bootstrap.migrate.source import Migration, MigrationFile
from bootstrap.migrate.squawk import squawk
from bootstrap.migrate.statements import Statement, line_and_column, statements

_ALLOW = re.compile(r"--[ \t]*datatier:allow[ \t]+([\w-]+)[ \t]*([^\n]*)")

Words = tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One rule on the statements of a file: which of them break it."""

    name: str
    message: str
    fix: str
    breaks: Callable[[Words, Sequence[Words]], bool]
    """Of the words of a statement and those of all statements of the file."""
    severity: str = "warning"


def _has(words: Words, *phrase: str) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))


def _timeout_off(words: Words, _: Sequence[Words]) -> bool:
    return words[:1] == ("SET",) and not {"LOCK_TIMEOUT", "STATEMENT_TIMEOUT"}.isdisjoint(words[1:3])


def _backfill(words: Words, every: Sequence[Words]) -> bool:
    changes = any(w[:2] in (("ALTER", "TABLE"), ("CREATE", "INDEX")) for w in every)
    moves = words[:1] in (("UPDATE",), ("DELETE",)) or (words[:2] == ("INSERT", "INTO") and "SELECT" in words)
    return changes and moves


def _authorization(words: Words, _: Sequence[Words]) -> bool:
    first = words[:2]
    return (
        words[:1] in (("GRANT",), ("REVOKE",))
        or first in (("ALTER", "DEFAULT"), ("CREATE", "ROLE"), ("CREATE", "USER"), ("ALTER", "ROLE"), ("ALTER", "USER"))
        or first in (("DROP", "ROLE"), ("DROP", "USER"))
        or (words[:1] == ("ALTER",) and _has(words, "OWNER", "TO"))
    )


RULES = (
    Rule(
        "invalid-index",
        "IF NOT EXISTS takes an invalid index, left by a build that failed, for a finished one",
        "leave IF NOT EXISTS out; after a failed build: DROP INDEX CONCURRENTLY, then build anew",
        lambda w, _: _has(w, "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS"),
    ),
    Rule(
        "serial-column",
        "a serial or identity column numbers every row: the table is rewritten under an exclusive lock",
        "add a plain bigint column, fill it in batches, then attach the sequence",
        lambda w, _: (
            w[:2] == ("ALTER", "TABLE")
            and "ADD" in w
            and (not {"SERIAL", "BIGSERIAL", "SMALLSERIAL"}.isdisjoint(w) or _has(w, "AS", "IDENTITY"))
        ),
    ),
    Rule(
        "exclusion-constraint",
        "adding it reads the whole table under an exclusive lock, and it cannot be NOT VALID",
        "add it to the table while that is empty, or in a window in which nobody writes",
        lambda w, _: w[:2] == ("ALTER", "TABLE") and "EXCLUDE" in w,
    ),
    Rule(
        "timeout",
        "the file replaces the lock and statement timeouts that every migration runs under",
        "give them to the run: datatier migrate up --lock-timeout 5s --statement-timeout 10m",
        _timeout_off,
    ),
    Rule(
        "backfill",
        "rows are changed in the transaction that holds the lock of the DDL beside it",
        "move them in a migration of their own, in batches where there are many",
        _backfill,
    ),
    Rule(
        "json",
        "json keeps the text as it came: no equality, no index, parsed at every access",
        "use jsonb",
        lambda w, _: w[:2] in (("ALTER", "TABLE"), ("CREATE", "TABLE")) and "JSON" in w,
    ),
    Rule(
        "authorization",
        "roles, owners and privileges are declared in access.yaml, whose next bootstrap may take this back",
        "declare it there: datatier bootstrap applies it",
        _authorization,
    ),
)


def lint(migrations: Iterable[Migration]) -> Iterator[Problem]:
    """Findings of our own rules and, where it is installed, of squawk; what is allowed left out.

    Up files by every rule; down files only for their transactions, as they are run in need.
    """
    listed = list(migrations)
    ups = [m.up for m in listed if m.up is not None]
    foreign = squawk([file.path for file in ups])
    yield from foreign.notes
    for file in ups:
        yield from _file(file, foreign.found.get(file.path, ()), up=True)
    for file in (m.down for m in listed if m.down is not None):
        yield from _file(file, (), up=False)


def _file(file: MigrationFile, foreign: Iterable[Problem], *, up: bool) -> Iterator[Problem]:
    text = file.text
    found = statements(text)
    allowed, wrong = _allowed(text, found, file.name)
    lines = [line_and_column(text, s.end)[0] for s in found]

    def free(problem: Problem) -> bool:
        at = next((i for i, last in enumerate(lines) if last >= problem.line), len(lines))
        return (at, problem.rule) not in allowed

    own = [*_transactions(text, found, file.name), *(_own(text, found, file.name) if up else ())]
    yield from wrong
    yield from filter(free, sorted((*own, *foreign), key=lambda p: (p.line, p.column, p.rule)))


def _own(text: str, found: Sequence[Statement], name: str) -> Iterator[Problem]:
    every = [s.words for s in found]
    for rule in RULES:
        for s in found:
            if rule.breaks(s.words, every):
                line, column = line_and_column(text, s.offset)
                yield Problem(rule.name, name, rule.message, rule.fix, rule.severity, line, column)


def _transactions(text: str, found: Sequence[Statement], name: str) -> Iterator[Problem]:
    """Errors: a BEGIN within another, one without its COMMIT, a COMMIT without its BEGIN."""
    begun: Statement | None = None

    def wrong(at: Statement, message: str, fix: str) -> Problem:
        return Problem("transaction", name, message, fix, "error", *line_and_column(text, at.offset))

    for s in found:
        first = s.words[0] if s.words else ""
        if first in ("BEGIN", "START"):
            if begun is not None:
                yield wrong(s, "BEGIN within a transaction begins nothing", "end the one before it first")
            begun = s
        elif first in ("COMMIT", "END", "ABORT") or (first == "ROLLBACK" and "TO" not in s.words):
            if begun is None:
                yield wrong(
                    s, f"{first} without a BEGIN ends what others began", "take it out: a file is a transaction"
                )
            begun = None if "CHAIN" not in s.words or "NO" in s.words else s
    if begun is not None:
        yield wrong(begun, "a transaction is left open at the end of the file", "end it with COMMIT")


def _allowed(text: str, found: Sequence[Statement], name: str) -> tuple[set[tuple[int, str]], list[Problem]]:
    """Which rule is silenced for which statement, by its number; and the comments that give no reason."""
    allowed, wrong = set[tuple[int, str]](), list[Problem]()
    for match in _ALLOW.finditer(text):
        at = next((i for i, s in enumerate(found) if s.end > match.start()), len(found))
        if match[2].strip():
            allowed.add((at, match[1]))
        else:
            fix = f"say why: -- datatier:allow {match[1]} the table has ten rows"
            place = line_and_column(text, match.start())
            wrong.append(Problem("allow", name, f"{match[1]} is allowed for no reason", fix, "error", *place))
    return allowed, wrong
