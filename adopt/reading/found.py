"""The instance that was asked for; where it is not there, or is something else, a sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from account.reader import NotAllowedError, NotReadableError, NotThereError
from adopt.estate import Described
from adopt.reading import calls
from adopt.reading.ask import Asking
from adopt.reading.rds import identifier
from adopt.reading.replicas import source_of
from bootstrap.errors import AskedError

SHOWN = 10
"""Ids that a sentence lists."""


def primary(ask: Asking, instance: str) -> tuple[Described, tuple[Described, ...]]:
    """The instance, and every instance of its region. Raise `AskedError` where it is none that could be adopted."""
    there = _there(ask, instance)
    found = next((each for each in there if identifier(each) == instance.lower()), None)
    if found is None:
        raise AskedError(_absent(ask, instance, [identifier(each) for each in there]))
    if source := source_of(found, ask.region):
        where, name = source
        far = where != ask.region
        raise AskedError(
            f"{instance} is a read replica of {name}{f' in {where}' if far else ''}: adopt the tier by its primary, "
            f"`--instance {name}{f' --region {where}' if far else ''}`; its replicas come along."
        )
    engine = str(found.get("Engine", ""))
    if engine != "postgres" and not engine.startswith("aurora"):
        raise AskedError(f"{instance} runs {engine}: only PostgreSQL can be adopted.")
    return found, there


def _there(ask: Asking, instance: str) -> tuple[Described, ...]:
    try:
        return ask.must(calls.INSTANCES)
    except NotAllowedError:
        pass
    except NotReadableError as error:
        raise AskedError(f"AWS did not say which instances there are ({error}): try again.") from None
    # A policy may allow it on this instance alone.
    try:
        return ask.must(calls.INSTANCES, DBInstanceIdentifier=instance)
    except NotThereError:
        return ()
    except NotReadableError as error:
        raise AskedError(
            f"the primary cannot be read ({error}): allow {calls.INSTANCES.action}; `datatier adopt --policy` prints "
            "the whole policy."
        ) from None


def _absent(ask: Asking, instance: str, there: Sequence[str]) -> str:
    """What is the matter with an id that no instance of the region has."""
    clusters = {str(each["DBClusterIdentifier"]): each for each in ask.all(calls.CLUSTERS)}
    if cluster := clusters.get(instance.lower()):
        engine = str(cluster.get("Engine"))
        kind = "an Aurora cluster" if engine.startswith("aurora") else "a Multi-AZ DB cluster"
        return (
            f"{instance} is {kind}, which is another resource than an RDS instance and cannot be adopted: a copy "
            "comes into an instance by logical replication or by a dump."
        )
    regions = [str(each["RegionName"]) for each in ask.all(calls.REGIONS) if each["RegionName"] != ask.region]
    answers = ask.each(lambda region: ask.all(calls.INSTANCES, region, DBInstanceIdentifier=instance), regions)
    if elsewhere := [region for region, found in zip(regions, answers, strict=True) if found]:
        options = " or ".join(f"`--region {each}`" for each in elsewhere)
        return f"{ask.region} has no instance {instance}, but {' and '.join(elsewhere)} has: {options}."
    return f"{ask.region} has no instance {instance}{near(instance, there)}"


def near(wanted: str, there: Sequence[str]) -> str:
    """The rest of a sentence about an id that is not there: which ones may be meant, or which there are."""
    if found := get_close_matches(wanted.lower(), there, n=3):
        return f": did you mean {' or '.join(found)}?"
    if not there:
        return ", and none at all."
    some = ", ".join(sorted(there)[:SHOWN])
    return f". There {'is' if len(there) == 1 else 'are'} {some}{' and others' if len(there) > SHOWN else ''}."
