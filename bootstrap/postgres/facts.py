"""What a role has that is not declared, one fact for each, in words that an exception repeats. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bootstrap.postgres.change import comma, ident
from bootstrap.postgres.desired import PUBLIC

OPTION = " with grant option"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that a role has, and the statement that ends it."""

    role: str
    """PUBLIC is everybody."""
    what: str
    """As `exceptions` has it: `login`, `member of app_owner`."""
    mend: str = ""
    """The statement, or words, that end it."""
    sentence: str = ""
    """How it is reported, where there is more to say."""
    planned: bool = False
    """Whether the plan ends it unless it is an exception, so that it needs no telling."""

    @property
    def text(self) -> str:
        """As `exceptions` has it."""
        return self.what


@dataclass(frozen=True, kw_only=True)
class Granted(Fact):
    """A privilege; `what` it is on: `table public.t`."""

    privilege: str
    keyword: str
    """As REVOKE names the kind: `TABLE`, `TABLES`."""
    sql: str = ""
    """As REVOKE names the object; empty for default privileges."""
    columns: str = ""
    """The columns in parentheses, where it is on some only."""
    before: str = ""
    """What comes before REVOKE: ALTER DEFAULT PRIVILEGES FOR ROLE ..."""
    option: bool = False
    """Whether it is about handing the privilege on."""

    @property
    def text(self) -> str:
        """As `exceptions` has it."""
        return f"{self.privilege} on {self.what}{OPTION if self.option else ''}"


def grantee(name: str) -> str:
    """Return a role as GRANT wants it."""
    return PUBLIC if name == PUBLIC else ident(name)


def reported(facts: Iterable[Fact]) -> Iterator[str]:
    """Return a sentence for each; one for all things on which a role has the same privileges."""
    granted: defaultdict[Granted, list[str]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Granted) and not fact.sentence:
            granted[_without_privilege(fact)].append(fact.privilege)
        else:
            usual = f"{fact.role} has `{fact.what}`, which access.yaml does not say: {fact.mend}"
            yield fact.sentence or usual
    alike: defaultdict[tuple[str, str, str, str, str, bool], list[Granted]] = defaultdict(list)
    for each, privileges in granted.items():
        names = comma(sorted(privileges))
        alike[each.role, names, each.keyword, each.columns, each.before, each.option].append(each)
    for (role, names, keyword, columns, before, option), things in alike.items():
        what = f"{names} on {comma(each.what for each in things)}{OPTION if option else ''}"
        taken = comma(f"{name}{columns}" for name in names.split(", "))
        on = " ".join(filter(None, (keyword, comma(filter(None, (each.sql for each in things))))))
        start, end = ("GRANT OPTION FOR ", " CASCADE") if option else ("", "")
        mend = f"{before}REVOKE {start}{taken} ON {on} FROM {grantee(role)}{end}"
        yield f"{role} has `{what}`, which access.yaml does not say: {mend}"


def _without_privilege(fact: Granted) -> Granted:
    return Granted(
        role=fact.role,
        what=fact.what,
        privilege="",
        keyword=fact.keyword,
        sql=fact.sql,
        columns=fact.columns,
        before=fact.before,
        option=fact.option,
    )
