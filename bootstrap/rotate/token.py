"""The AUTH token of a cache is rotated as a credential is: a second one beside it, proven, current, then the old one
dead. It has no second user to change over to, so whoever reads the secret again within the grace never notices.

Secrets Manager's schedule has no part in it: its function may not change caches. `access rotate` begins a rotation, and
the first bootstrap or `access rotate` after the grace ends the old token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from bootstrap.action import Action
from bootstrap.manifest import Manifest
from bootstrap.redis.token import Token
from bootstrap.rotate.plan import Rotated, moment, still_valid


def tokens(manifest: Manifest) -> dict[str, str]:
    """Return name -> cache of the AUTH tokens: each has the name of its secret, `<cache>-auth`."""
    return {f"{name}-auth": name for name, cache in manifest.caches.items() if cache.auth_secret}


def plan_token(name: str, token: Token, *, begin: bool, grace: int, finish: bool) -> tuple[Action, ...]:
    """Return the steps that are left, in order; no engine is entered."""
    return tuple(_steps(name, token, begin=begin, grace=grace, finish=finish))


def rotate_token(name: str, token: Token, *, begin: bool, grace: int, finish: bool) -> Rotated:
    """Replace the token; the old one stays valid for `grace` seconds."""
    steps = plan_token(name, token, begin=begin, grace=grace, finish=finish)
    if not steps:
        return Rotated(identity=name, outcome="in grace" if token.in_grace() else "nothing to do")
    done: tuple[str, ...] = ()
    if token.unretired:  # two at a time are all that ElastiCache takes
        done = token.bring(finish=finish)
    if not any(step.verb == "stage" for step in steps):
        return Rotated(identity=name, outcome="retired", steps=steps, notes=done)
    done = (*done, *token.bring(begin=True, grace=grace, finish=grace == 0))
    until = datetime.now(UTC) + timedelta(seconds=grace) if grace else None
    if until:
        done = (*done, still_valid("the old AUTH token", name, until))
    return Rotated(identity=name, outcome="rotated", steps=steps, valid_until=until, notes=done)


def _steps(name: str, token: Token, *, begin: bool, grace: int, finish: bool) -> Iterator[Action]:
    step = partial(moment, name)
    cache = f"cache {token.name}"
    retire = (
        step("retire", cache, "SET: every other AUTH token goes"),
        step("close", "secret", "AWSPREVIOUS comes off"),
    )
    if token.unretired:
        if token.in_grace() and not finish:
            return
        yield from retire
    if finish or not begin:
        return
    yield step("stage", "secret", "a new AUTH token as AWSPENDING")
    yield step("admit", cache, "ROTATE: a second AUTH token beside the one in force")
    yield step("prove", cache, "log in with the new token")
    yield step("promote", "secret", "AWSPENDING becomes AWSCURRENT, the old one AWSPREVIOUS")
    if grace == 0:
        yield from retire
