"""What runs under the stack's names: caches that are ahead of what is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from account.finding import AccountFinding
from account.place import CACHE
from account.reader import Reader
from graph.resource import Resource
from knowledge.versions import cache_goes_back, numbers


def ahead(reader: Reader, wanted: Collection[Resource]) -> Iterator[AccountFinding]:
    """Caches that run a later version than is declared: after a refresh the next deployment would replace them."""
    declared = {
        str(each.inputs["replicationGroupId"]): str(each.inputs["engineVersion"])
        for each in wanted
        if each.type == CACHE
    }
    if not declared:
        return
    runs: dict[str, str] = {}
    for each in reader.all("elasticache", "describe_cache_clusters", "CacheClusters"):
        runs.setdefault(str(each.get("ReplicationGroupId")), str(each["EngineVersion"]))
    for name, version in declared.items():
        if name in runs and cache_goes_back(".".join(map(str, numbers(runs[name])[:2])), version):
            exact = ".".join(map(str, numbers(runs[name])[:2]))
            yield AccountFinding(
                check="version", state="missing", where=reader.region,
                what=f"{name} runs {runs[name]}, and {version} is declared: after a refresh the next deployment would "
                "replace the cache by an empty one",
                mend=f'declare what runs: version: "{exact}"',
            )  # fmt: skip
