"""Who shall be a member of what, with PostgreSQL 16's options, one row for each grantor. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from bootstrap.action import Action
from bootstrap.postgres.change import ident, statement
from bootstrap.postgres.desired import RDS_IAM, Desired, Membership
from bootstrap.postgres.facts import Fact
from bootstrap.postgres.live import Live, LiveMembership


def membership(wanted: Membership, live: Live) -> Iterator[Action]:
    """Return what makes one membership so."""
    rows = live.rows.get((wanted.role, wanted.member), ())
    options: tuple[Literal["inherit", "set"], ...] = ("inherit", "set") if live.version >= 160000 else ()
    # Row of the creator's automatic membership: ADMIN only, made by the bootstrap superuser, not ours to change.
    enough = bool(rows) and all(any(getattr(row, o) for row in rows) or not getattr(wanted, o) for o in options)
    if not enough or (wanted.admin and not any(row.admin for row in rows)):
        ends_password = wanted.role == RDS_IAM
        grant = _grant(wanted, live.version)
        yield statement("join", _subject(wanted), grant, takes_away=ends_password)
    for row in rows:
        if row.revocable and wanted.member != live.user:
            if row.admin and not wanted.admin:
                yield _take("ADMIN", row, live)
            for option in options:
                if getattr(row, option) and not getattr(wanted, option):
                    yield _take(option.upper(), row, live)


def _subject(of: Membership | LiveMembership) -> str:
    return f"member {of.member} of {of.role}"


def _grant(wanted: Membership, version: int) -> str:
    if version >= 160000:
        # All three are written, for whatever is left out keeps its value or falls back to a default (PG 16).
        words = {"ADMIN": wanted.admin, "INHERIT": wanted.inherit, "SET": wanted.set}
        options = " WITH " + ", ".join(f"{word} {str(on).upper()}" for word, on in words.items())
    else:
        options = " WITH ADMIN OPTION" if wanted.admin else ""
    return f"GRANT {ident(wanted.role)} TO {ident(wanted.member)}{options}"


def _take(option: str, row: LiveMembership, live: Live) -> Action:
    sql = f"REVOKE {option} OPTION FOR {leave(row, live)}"
    return statement("leave", _subject(row), sql, takes_away=True)


def strays(wanted: Desired, live: Live) -> Iterator[Action]:
    """End the memberships that nobody declared."""
    for row in undeclared(wanted, live):
        if ends(row, live) and not wanted.excepted(row.member, words(row.role, live.rows[row.role, row.member])):
            yield statement("leave", _subject(row), f"REVOKE {leave(row, live)}", takes_away=True)


def ends(row: LiveMembership, live: Live) -> bool:
    """Whether the plan ends a membership that is not declared: nobody takes from itself what it works with."""
    return row.revocable and row.member != live.user


def undeclared(wanted: Desired, live: Live) -> Iterator[LiveMembership]:
    """Memberships of our roles that nobody declared."""
    declared = {(m.role, m.member) for m in wanted.joined(live.version)}
    for row in live.memberships:
        # Whoever changes things is a member of the owner, see `plan`.
        if row.member in wanted.managed and (row.role, row.member) not in {*declared, (wanted.owner, live.user)}:
            yield row


def excess(wanted: Desired, live: Live) -> Iterator[LiveMembership]:
    """Rows of declared memberships with an option that is not declared and that no plan takes."""
    declared = {(member.role, member.member): member for member in wanted.joined(live.version)}
    for row in live.memberships:
        if member := declared.get((row.role, row.member)):
            more = [option for option in ("admin", "inherit", "set") if getattr(row, option) > getattr(member, option)]
            # Before PostgreSQL 16 INHERIT is the member's own attribute, and whoever is a member may SET ROLE.
            if (more and not ends(row, live)) or (live.version < 160000 and more not in ([], ["admin"])):
                yield row


def words(role: str, rows: Sequence[LiveMembership]) -> str:
    """Return a membership with what is unusual about it, as `exceptions` has it: `member of app_owner (admin)`."""
    options = [
        *(["admin"] if any(row.admin for row in rows) else []),
        *([] if any(row.inherit for row in rows) else ["no inherit"]),
        *([] if any(row.set for row in rows) else ["no set"]),
    ]
    return f"member of {role}" + (f" ({', '.join(options)})" if options else "")


def facts(wanted: Desired, live: Live) -> Iterator[Fact]:
    """Return what declared roles are members of beyond the declaration."""
    for row in undeclared(wanted, live):
        mend = f"REVOKE {leave(row, live)}"
        yield Fact(
            role=row.member,
            what=words(row.role, live.rows[row.role, row.member]),
            planned=ends(row, live),
            sentence=f"role {row.member} is a member of {row.role}, which only {_ender(row, live)} can end: {mend}",
        )
    for row in excess(wanted, live):
        what = words(row.role, live.rows[row.role, row.member])
        if ends(row, live):
            mend = (
                f"PostgreSQL {live.version // 10000} has no INHERIT and SET of a membership: ALTER ROLE "
                f"{ident(row.member)} NOINHERIT ends what it has without SET ROLE, of all its memberships"
            )
        else:
            mend = f"only {_ender(row, live)} can end it: REVOKE {leave(row, live)}"
        yield Fact(role=row.member, what=what, mend=mend)


def _ender(row: LiveMembership, live: Live) -> str:
    return "another administrator" if row.revocable and row.member == live.user else row.grantor


def leave(row: LiveMembership, live: Live) -> str:
    """Return `ROLE FROM MEMBER`, by its grantor."""
    # Without the grantor PostgreSQL 16 looks for a grant of our own and merely warns that there is none.
    by = f" GRANTED BY {ident(row.grantor)}" if live.version >= 160000 and row.grantor else ""
    return f"{ident(row.role)} FROM {ident(row.member)}{by}"
