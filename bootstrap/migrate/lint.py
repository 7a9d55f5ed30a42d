"""What a migration does that hurts a database in use: the rules that squawk does not have, and how one is allowed.

`docs/migrations.md` lists every rule and who checks it; how one is silenced is in allow.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bootstrap.access.policy_settings import pooled_settings
from bootstrap.migrate import folder, runnable
from bootstrap.migrate.allow import COMMENT
from bootstrap.migrate.errors import FileProblem
from bootstrap.migrate.lexer import line_and_column
from bootstrap.migrate.made import on_new_tables
from bootstrap.migrate.source import MigrationFile, Source
from bootstrap.migrate.squawk import RULES as FOREIGN
from bootstrap.migrate.squawk import squawk
from bootstrap.migrate.statements import Statement, begins, ends, statements

Words = tuple[str, ...]


@dataclass(frozen=True)
class LintRule:
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
    LintRule(
        "invalid-index",
        "IF NOT EXISTS takes an invalid index, left by a build that failed, for a finished one",
        "leave IF NOT EXISTS out; after a failed build: DROP INDEX CONCURRENTLY, then build it again",
        lambda w, _: _has(w, "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS"),
    ),
    LintRule(
        "serial-column",
        "a serial or identity column numbers every row: the table is rewritten under an exclusive lock",
        "add a plain bigint column, fill it in batches, then attach the sequence",
        lambda w, _: (
            w[:2] == ("ALTER", "TABLE")
            and "ADD" in w
            and (not {"SERIAL", "BIGSERIAL", "SMALLSERIAL"}.isdisjoint(w) or _has(w, "AS", "IDENTITY"))
        ),
    ),
    LintRule(
        "exclusion-constraint",
        "adding it reads the whole table under an exclusive lock, and it cannot be NOT VALID",
        "add it to the table while that is empty, or in a window in which nobody writes",
        lambda w, _: w[:2] == ("ALTER", "TABLE") and "EXCLUDE" in w,
    ),
    LintRule(
        "timeout",
        "the file replaces the lock and statement timeouts that every migration runs under",
        "give them to the run: datatier migrate up --lock-timeout 5s --statement-timeout 10m",
        _timeout_off,
    ),
    LintRule(
        "backfill",
        "rows are changed in the transaction that holds the lock of the DDL",
        "move them in a migration of their own, in batches where there are many",
        _backfill,
    ),
    LintRule(
        "json",
        "json keeps the text as it came: no equality, no index, parsed at every access",
        "use jsonb",
        lambda w, _: w[:2] in (("ALTER", "TABLE"), ("CREATE", "TABLE")) and "JSON" in w,
        "style",
    ),
    LintRule(
        "authorization",
        "roles, owners and privileges are declared in access.yaml, whose next bootstrap may take this back",
        "declare it there: datatier bootstrap applies it",
        _authorization,
    ),
)


# Rules on locks and on running programs: nobody waits for a table that the same file has made.
_ON_TABLES_IN_USE = {
    *(
        name
        for name, level in FOREIGN.items()
        if level == "warning" and name not in ("identifier-too-long", "syntax-error")
    ),
    "serial-column",
    "exclusion-constraint",
    "backfill",
}
POLICY_SETTING = "policy-setting"
KNOWN = {*folder.RULES, *(rule.name for rule in RULES), POLICY_SETTING, *FOREIGN, *runnable.RULES, "allow"}
"""Every rule that can appear."""
FIXED = set(runnable.RULES) - {"transaction"}
"""Those that nobody can allow away."""


def lint(source: Source, above: int | None = None, *, style: bool = False) -> Iterator[FileProblem]:
    """Findings of our own rules and, where it is installed, of squawk; what is allowed left out.

    Up files by every rule; down files only for their transactions, as they are run in need. Only versions above
    `above`; matters of style where asked.
    """
    source.allowed.check(KNOWN, FIXED)
    listed = [m for m in source.migrations if above is None or m.version > above]
    ups = [m.up for m in listed if _legible(m.up)]
    foreign = squawk([file.path for file in ups])
    yield from foreign.notes
    downs = [m.down for m in listed if _legible(m.down)]
    found = [
        *(p for file in ups for p in _file(file, foreign.found.get(file.path, ()), up=True)),
        *(p for file in downs for p in _file(file, (), up=False)),
    ]
    for p in found:
        if not source.allowed.covers(p) and (style or p.severity != "style"):
            yield p


def _legible(file: MigrationFile) -> bool:
    """Whether it can be read as SQL at all; where not, that is reported elsewhere."""
    try:
        return file.there and "\0" not in file.read().decode("utf-8")
    except UnicodeDecodeError:
        return False


def _file(file: MigrationFile, foreign: Iterable[FileProblem], *, up: bool) -> Iterator[FileProblem]:
    text = file.text
    found = statements(text)
    allowed, wrong = _allowed(text, found, file.name)
    lines = [line_and_column(text, s.end)[0] for s in found]
    new = on_new_tables(text, found)

    def free(problem: FileProblem) -> bool:
        at = next((i for i, last in enumerate(lines) if last >= problem.line), len(lines))
        return (at, problem.rule) not in allowed and not (at in new and problem.rule in _ON_TABLES_IN_USE)

    own = [*_transactions(text, found, file.name), *(_own(text, found, file.name) if up else ())]
    yield from wrong
    yield from filter(free, sorted((*own, *foreign), key=lambda p: (p.line, p.column, p.rule)))


def _own(text: str, found: Sequence[Statement], name: str) -> Iterator[FileProblem]:
    every = [s.words for s in found]
    for rule in RULES:
        for s in found:
            if rule.breaks(s.words, every):
                line, column = line_and_column(text, s.offset)
                yield FileProblem(rule.name, name, rule.message, rule.fix, rule.severity, line, column)
    for s in found:
        if s.words[:2] in (("CREATE", "POLICY"), ("ALTER", "POLICY")):
            line, column = line_and_column(text, s.offset)
            for setting in pooled_settings(text[s.offset : s.end]):
                yield FileProblem(POLICY_SETTING, name, setting.message, setting.mend, "warning", line, column)


def _transactions(text: str, found: Sequence[Statement], name: str) -> Iterator[FileProblem]:
    """A BEGIN within another, a COMMIT without its BEGIN: PostgreSQL warns of them and goes on."""
    begun = False

    def odd(at: Statement, message: str, fix: str) -> FileProblem:
        return FileProblem("transaction", name, message, fix, "warning", *line_and_column(text, at.offset))

    for s in found:
        if ends(s):
            if not begun:
                fix = "take it out: a file is a transaction"
                yield odd(s, f"{s.first} without a BEGIN ends what others began", fix)
            begun = begins(s)
        elif begins(s):
            if begun:
                yield odd(s, "BEGIN within a transaction begins nothing", "end the one before it first")
            begun = True


def _allowed(text: str, found: Sequence[Statement], name: str) -> tuple[Collection[tuple[int, str]], list[FileProblem]]:
    """Which rule is silenced for which statement, by its number; and the comments that do not."""
    allowed, wrong = set[tuple[int, str]](), list[FileProblem]()

    def refused(message: str, fix: str, at: int) -> None:
        wrong.append(FileProblem("allow", name, message, fix, "error", *line_and_column(text, at)))

    for match in COMMENT.finditer(text):
        at, rule = next((i for i, s in enumerate(found) if s.end > match.start()), len(found)), match[1]
        if not match[2].strip():
            refused(f"{rule} is allowed for no reason", f"say why: -- datatier:allow {rule} it is small", match.start())
        elif rule not in KNOWN:
            refused(f"there is no rule {rule} to allow", "docs/migrations.md lists them", match.start())
        else:
            allowed.add((at, rule))
    return allowed, wrong
