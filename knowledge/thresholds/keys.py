"""Thresholds of the keys of a cache: what stands in nobody's declaration, and what is too big."""

from __future__ import annotations

from knowledge.alarms.facts import FACTS
from knowledge.thresholds.threshold import Threshold, of_alarms

_DECLARED = "access.yaml: the key space itself says so"
_RUNBOOK = "docs/runbooks/redis-memory.md"
WITHOUT_TTL = of_alarms("keys-without-ttl", FACTS, unit="keys", warn=("keyspace-without-ttl", 0))
LONGER_TTL = Threshold(
    id="keys-longer-ttl",
    warn=0,
    critical=None,
    unit="keys",
    source=_DECLARED,
    meaning="Keys live longer than their key space declares.",
    first_steps=("See which is right: the TTL that the application sets, or the one in access.yaml.",),
    runbook=_RUNBOOK,
)
WRONG_TYPE = Threshold(
    id="keys-wrong-type",
    warn=0,
    critical=None,
    unit="keys",
    source=_DECLARED,
    meaning="Keys are of another type than their key space declares: commands of the declared one fail on them with "
    "WRONGTYPE.",
    first_steps=("Find the writer, or correct `type` in access.yaml.",),
    runbook=_RUNBOOK,
)
WRONG_DATABASE = Threshold(
    id="keys-wrong-database",
    warn=0,
    critical=None,
    unit="keys",
    source=_DECLARED,
    meaning="Keys with the names of a key space are in another database than it: its readers do not see them.",
    first_steps=("Look at the database in the URL of whoever writes them.",),
    runbook=_RUNBOOK,
)
UNDECLARED = Threshold(
    id="keys-undeclared",
    warn=0,
    critical=None,
    unit="keys",
    source="access.yaml: nobody answers for what is in no key space",
    meaning="Keys are in no declared key space: nobody has said what they are for, who owns them and how long they "
    "live.",
    first_steps=("Declare a key space for the pattern, or delete what nobody needs (UNLINK).",),
    runbook=_RUNBOOK,
)
BIG_KEY = Threshold(
    id="keys-big",
    warn=100_000,
    critical=256 * 1024**2,
    unit="bytes",
    source="100 kB are 0.8 ms of a network of 1 Gbit/s, ten times what a command takes; above 256 MB ElastiCache does "
    "not move the key's slot (ElastiCache User Guide, Storing large composite items)",
    meaning="A string is so long that each read or write of it holds up every other client.",
    first_steps=("Part it, compress it, or keep it in S3 and its address here.",),
    runbook=_RUNBOOK,
)
BIG_COLLECTION = Threshold(
    id="keys-long",
    warn=5_000,
    critical=None,
    unit="elements",
    source="5,000 elements: what the manual of a managed Redis calls a big key (Open Telekom Cloud, Distributed Cache "
    "Service, What Are Big Keys and Hot Keys); others say 10,000 to 20,000",
    meaning="A collection has so many elements that what reads or deletes it whole (HGETALL, SMEMBERS, DEL) holds up "
    "every other client.",
    first_steps=(
        "Part it by a hash of its fields, bound it (LTRIM, XTRIM), read it in pieces (HSCAN), end it by UNLINK.",
    ),
    runbook=_RUNBOOK,
)
