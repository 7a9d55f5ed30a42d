"""What a role has without being declared and may keep, by name: in the words in which `access plan` reports it."""

from __future__ import annotations

import re
from collections.abc import Iterator

REPORTED_FORM = (
    r"login|SUPERUSER|CREATEDB|CREATEROLE|REPLICATION|BYPASSRLS|valid until .+|member of .+|owns .+|setting .+"
    r"|user mapping on .+|connection limit .+|encoding .+|no USAGE on .+"
    r"|[A-Z]+(?: [A-Z]+)?(?:, [A-Z]+(?: [A-Z]+)?)* on .+"
)
_KNOWN = re.compile(REPORTED_FORM, re.DOTALL)
_PRIVILEGES = re.compile(r"([A-Z]+(?: [A-Z]+)?(?:, [A-Z]+(?: [A-Z]+)?)*) on (.+)", re.DOTALL)

_EXAMPLES = "`login`, `CREATEDB`, `member of app_owner`, `owns table public.t`, `SELECT on table public.t`"
REPORTED = f"as `datatier access plan` reports it: {_EXAMPLES}"
"""What a role may keep, in words."""


def exception(text: str) -> str:
    """Return `text`, or raise ValueError when nothing that is reported of a role begins like that."""
    if not _KNOWN.fullmatch(text):
        raise ValueError(f"is not how a role is reported; copy it from `datatier access plan`: {_EXAMPLES}")
    return text


def single(text: str) -> Iterator[str]:
    """Return one text for each privilege: `INSERT, SELECT on table t` says two things."""
    found = _PRIVILEGES.fullmatch(text)
    if found is None or text.startswith("no USAGE"):
        yield text
        return
    for privilege in found[1].split(", "):
        yield f"{privilege} on {found[2]}"
