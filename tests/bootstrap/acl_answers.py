"""What servers answer about their users, read as rules: the other side of what the bootstrap writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bootstrap.acl.rules import RuleSet, merged, parse_listed

_ALIASES = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}


def parse_line(line: str) -> tuple[str, RuleSet]:
    """Return name and rules of one line of ACL LIST or of an ACL file."""
    _, name, *rules = line.split(" ", 2)
    return name, parse_listed(" ".join(rules))


def parse_getuser(answer: Any) -> RuleSet | None:
    """Return the rules of an ACL GETUSER answer: RESP2's flat array or RESP3's map, None where there is no such user.

    Up to 6.2 keys and channels are lists without their mark; later versions add fields, which are looked up by name.
    """
    if answer is None:
        return None
    fields = _fields(answer)
    rules = [*fields.get("flags", ()), *(f"#{hashed}" for hashed in fields.get("passwords", ()))]
    rules = [str(rule) for rule in rules if rule not in {"allkeys", "allchannels", "allcommands"}]
    flags = set(fields.get("flags", ()))
    rules += _described(fields, flags)
    rules += [_in_parentheses(selector) for selector in fields.get("selectors") or ()]
    return parse_listed(" ".join(rules))


def _in_parentheses(selector: Any) -> str:
    return f"({' '.join(_described(_fields(selector), set()))})"


def _fields(answer: Any) -> dict[str, Any]:
    pairs = answer.items() if isinstance(answer, Mapping) else zip(answer[::2], answer[1::2], strict=True)
    return {str(name): value for name, value in pairs}


def _described(fields: Mapping[str, Any], flags: set[str]) -> list[str]:
    keys = ["~*"] if "allkeys" in flags else _patterns(fields.get("keys", ""), "~")
    channels = ["&*"] if "allchannels" in flags else _patterns(fields.get("channels", ""), "&")
    databases = str(fields.get("databases", "alldbs"))
    return [*keys, *channels, *(databases.split() or ["resetdbs"]), *str(fields.get("commands", "")).split()]


def _patterns(value: str | Sequence[str], mark: str) -> list[str]:
    return value.split() if isinstance(value, str) else [f"{mark}{pattern}" for pattern in value]


def as_stored(text: str) -> str:
    """Return an access string as `DescribeUsers` gives it back.

    From the ElastiCache guide (Clusters.RBAC): without `on` or `off` a user is off; `-@all` is put before the command
    rules (`~objects:* ~items:*` reads back as `off ~objects:* ~items:* -@all`), unless they begin with `+@all`; aliases
    are written out (`allkeys` as `~*`).
    """
    words = [_ALIASES.get(word.lower(), word) for word in merged(text.split())]
    states = [word.lower() for word in words if word.lower() in {"on", "off"}]
    rest = [word for word in words if word.lower() not in {"on", "off"}]
    commands = [at for at, word in enumerate(rest) if word[0] in "+-"]
    first = commands[0] if commands else next((at for at, word in enumerate(rest) if word[0] == "("), len(rest))
    if not commands or rest[first] not in {"+@all", "-@all"}:
        rest.insert(first, "-@all")
    return " ".join([*(states[-1:] or ["off"]), *rest])
