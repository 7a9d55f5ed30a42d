"""What a password may consist of: the rules of RDS, of ElastiCache and of URLs, to generate or to check one.

`bootstrap` imports this file, and the runner's bundle carries it (`bootstrap.sources`), so that the characters which
the settings allow, the initial passwords of Pulumi and those of the bootstrap follow one rule.
"""

from __future__ import annotations

from knowledge.limits import Ranges

LENGTH = Ranges(taken=((16, 128),), by="ElastiCache", unit="characters")
"""Of a user's password and of an AUTH token (ElastiCache User Guide, Clusters.RBAC and auth); RDS takes 8 to 128
(CreateDBInstance, MasterUserPassword)."""
USUAL_LENGTH, USUAL_SPECIAL = 40, "-_.~"
"""What a stack that says nothing else has: 40 characters, and those special ones that need no quoting in a URL
(RFC 3986, 2.3, unreserved)."""
SPECIAL = frozenset("-_.~!&#$^<>+=*")
"""Special characters that RDS, ElastiCache and URLs all take. RDS refuses / " @ and space; ElastiCache , " / @. Quotes,
backslash, %, : and ? would need escaping in URLs and shells."""
SPECIAL_WORDS = "of " + " ".join(sorted(SPECIAL))
"""The same for people."""
USER_REFUSED = frozenset(',"/@')
"""Printable ASCII that an ElastiCache user's password may not have (ElastiCache User Guide, Clusters.RBAC)."""
TOKEN_SPECIAL = frozenset("!&#$^<>-")
"""Special characters of an AUTH token (ElastiCache User Guide, "Authenticating with the AUTH command")."""


def special_problem(special: str) -> str | None:
    """What is wrong with a stack's special characters; None when nothing is."""
    bad = " ".join(sorted(set(special) - SPECIAL))
    if not bad:
        return None
    return f"{bad} cannot be in a password that RDS, ElastiCache and URLs all take; use {USUAL_SPECIAL} instead"


def token_special(special: str) -> str:
    """Those of the special characters that an AUTH token may have."""
    return "".join(each for each in special if each in TOKEN_SPECIAL)


def user_problem(password: str) -> str | None:
    """Why ElastiCache would not take a user's password, which the sentence never repeats; None where it does."""
    if LENGTH.problem(len(password)):
        return f"a password has {len(password)} characters; ElastiCache takes 16 to 128"
    if not (password.isascii() and password.isprintable()) or set(password) & USER_REFUSED:
        return 'a password holds a character that ElastiCache refuses: printable ASCII without , " / @'
    return None


def token_problem(token: str) -> str | None:
    """Why ElastiCache would not take an AUTH token, which the sentence never repeats; None where it does."""
    if LENGTH.problem(len(token)) or not all((c.isascii() and c.isalnum()) or c in TOKEN_SPECIAL for c in token):
        return "an AUTH token has 16 to 128 letters, digits and ! & # $ ^ < > -"
    return None
