"""What a stack's file says of an existing tier. Pure.

Flow: what is there, key by key (`primary`, `replicas`, `network`, `around`, `caches`) -> the nearest profile and what
differs from it (`file`) -> the parameters, by what the program would compute for that (`postgres_parameters`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from adopt import instance_facts as facts
from adopt.estate import Estate, RunningInstance
from adopt.left import left
from adopt.left_caches import left_caches
from adopt.refusal import Refusal
from adopt.report import Left, ParameterRow
from adopt.settings import around, kept, primary, replicas
from adopt.settings.caches import caches
from adopt.settings.file import StackFile
from adopt.settings.network import network
from adopt.settings.postgres_parameters import PostgresParameters, postgres_parameters
from infra.instances import DatabaseInstance
from knowledge import names, networks
from knowledge.postgres.parameters import postgres_family

Comments = Mapping[tuple[str, ...], Sequence[str]]
"""Path of keys in the file (`config`, `data-tier:postgres`, ...) -> sentences above it."""

_TOO_MANY = (
    f"It has {{}} security groups, and gets the stack's too: AWS takes {networks.GROUPS_OF_AN_INTERFACE}, unless the "
    "quota `Security groups per network interface` was raised. Merge two of them, or raise it, before the first "
    "`pulumi up`."
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """The stack's file as data, and what is to be said about it."""

    config: Mapping[str, Any]
    """`namespace:key` -> value, in the order of the file."""
    comments: Comments = field(default_factory=dict)
    parameters: tuple[ParameterRow, ...] = ()
    """Every parameter whose live value is not the computed one."""
    refusals: tuple[Refusal, ...] = ()
    """What has no key in a stack's file."""
    left: tuple[Left, ...] = ()


def written(
    estate: Estate,
    name: str,
    stack: str = "adopted",
    *,
    computed: bool = False,
    extensions: tuple[str, ...] = (),
    profile: str | None = None,
) -> Written:
    """The nearest profile, or the one that is given, and what differs from it.

    `name` is the application's, `extensions` those that it declares. With `computed` parameters are as the product
    computes them, else as they are live. Raise `SettingsError` for what no stack's file may say.
    """
    found = network(estate)
    if found.refusal:
        return Written(config={}, refusals=(found.refusal,))
    file = StackFile(name=name, stack=stack, region=estate.region, extensions=extensions, profile=profile)
    prefix = names.prefix(name, stack)
    cached = caches(estate, prefix, computed=computed)
    remarks = _Remarks()
    for keys, text in cached.remarks.items():
        remarks.add(text, "redis", *keys)
    remarks.add(found.comment, "network", *([] if "endpoints" not in found.section else ["endpoints"]))
    wanted = _wanted(estate, found.section, cached.sections, remarks)
    secret, remark = around.master_secret(estate, prefix, stack)
    remarks.add(remark, "postgres", "existing", *(["master_secret"] if secret else []))
    parameters = dict(_parameters(estate, file.databases(wanted), computed=computed))
    _put(estate, wanted, parameters, secret)
    for where, groups in _groups(wanted):
        if len(groups) >= networks.GROUPS_OF_AN_INTERFACE:
            remarks.add(_TOO_MANY.format(len(groups)), *where)
    return Written(
        config=file.config(wanted),
        comments=remarks.comments,
        parameters=(*(row for each in parameters.values() for row in each.rows), *cached.parameters),
        left=(
            *left(estate, prefix, {each: found.why for each, found in parameters.items() if found.said}),
            *left_caches(estate, cached.referred),
        ),
    )


def _wanted(
    estate: Estate, network_section: Mapping[str, Any], redis: Mapping[str, Any], remarks: _Remarks
) -> dict[str, Any]:
    """Settings as they have to be, without parameters and `existing`."""
    wanted: dict[str, Any] = {
        "network": dict(network_section),
        "postgres": primary.section(estate.primary)
        | {
            "replicas": {name: replicas.section(estate, each) for name, each in estate.replicas.items()},
            # What runs may be of a version that RDS makes no more.
            "existing": {"identifier": estate.primary.identifier},
        },
        "redis": dict(redis),
        # What works in the database by itself, or costs, is for its owner to ask for.
        "maintenance": None,
        "backup": None,
        # Whoever deletes what runs already leaves a snapshot of it: nobody notices that until it is needed.
        "final_snapshots": True,
    }
    if estate.primary.described.get("DeletionProtection"):
        wanted["protect"] = True
    if days := around.log_retention(estate):
        wanted["logs"] = {"retention": days}
    heard, more = around.recipients(estate)
    if heard:
        wanted["notify"] = around.notify(heard)
    for each in more:
        remarks.add(each, "notify")
    remarks.add(primary.database_remark(estate.primary), "postgres")
    remarks.add("Nothing is maintained by the stack as long as this is empty.", "maintenance")
    return wanted


def _parameters(
    estate: Estate, servers: Mapping[str, DatabaseInstance], *, computed: bool
) -> Iterator[tuple[str, PostgresParameters]]:
    """The primary's, then each replica's on top of those."""
    source = replace(servers["primary"], overrides={}, referred=False)
    first = postgres_parameters(estate.primary, source, computed=computed)
    yield "primary", first
    source = replace(source, overrides=first.overrides, referred=not (first.managed or first.own))
    taken = {facts.parameter_group(estate.primary.described)} if first.managed else set()
    for name, each in estate.replicas.items():
        server = replace(servers[name], overrides=source.overrides, referred=False, primary=source)
        found = postgres_parameters(each, server, computed=computed, siblings=taken)
        yield name, found
        if found.managed:
            taken.add(facts.parameter_group(each.described))


def _put(
    estate: Estate, wanted: dict[str, Any], parameters: Mapping[str, PostgresParameters], secret: str | None
) -> None:
    """Complete the sections of the servers by their parameters, and by what stays as it is."""
    section = wanted["postgres"]
    family = postgres_family(int(facts.major(estate.primary.described)))

    def group(it: RunningInstance, name: str) -> dict[str, Any] | None:
        found = parameters[name]
        return None if found.own else kept.group(it, managed=found.managed, family=family)

    section["parameters"] = dict(parameters["primary"].overrides)
    section["existing"] = kept.primary(estate.primary, group(estate.primary, "primary"), secret)
    section["replicas"] = replicas_ = section.pop("replicas")  # the last of the section
    for name, each in estate.replicas.items():
        below = replicas_[name]
        if parameters[name].overrides:
            below["parameters"] = dict(parameters[name].overrides)
        below["existing"] = kept.replica(each, group(each, name))


def _groups(wanted: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Sequence[str]]]:
    """Where a server's own security groups stand, and which they are."""
    postgres = wanted["postgres"]
    sections: dict[tuple[str, ...], Mapping[str, Any]] = {("postgres",): postgres}
    sections |= {("postgres", "replicas", name): each for name, each in postgres["replicas"].items()}
    sections |= {("redis", name): each for name, each in wanted["redis"].items()}
    for where, section in sections.items():
        yield (*where, "existing", "security_groups"), section["existing"].get("security_groups", ())


class _Remarks:
    """Sentences for whoever reads the stack's file next, by where they stand."""

    def __init__(self) -> None:
        self.comments: dict[tuple[str, ...], list[str]] = {}

    def add(self, text: str, section: str, *keys: str) -> None:
        if text:
            self.comments.setdefault(("config", f"data-tier:{section}", *keys), []).append(text)
