"""Two plans of one statement: what shape each has, and whether the second is another one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from rehearse.report import StatementPlan

Plan = Mapping[str, JsonValue]
"""A node as EXPLAIN (FORMAT JSON) writes it."""
# What of a node is its shape; what estimates, costs and filters say is not (PostgreSQL's explain.c, ExplainNode).
_SHAPE = ("Strategy", "Partial Mode", "Operation", "Join Type", "Command", "Scan Direction")
_USUAL = {"Forward", "Plain", "Simple", "Inner", "Select"}


def root(document: JsonValue) -> Plan:
    """The topmost node of EXPLAIN's document."""
    first = cast("list[Mapping[str, JsonValue]]", document)[0]
    return cast("Plan", first["Plan"])


def shape(node: Plan) -> str:
    """Such as `Hash Join(Seq Scan orders, Hash(Index Scan customer using customer_pkey))`."""
    name = str(node["Node Type"])
    words = [str(node[key]) for key in _SHAPE if key in node and str(node[key]) not in _USUAL]
    relation = node.get("Relation Name") or node.get("Function Name") or node.get("CTE Name") or ""
    index = f"using {node['Index Name']}" if "Index Name" in node else ""
    title = " ".join(str(part) for part in (*words, name, relation, index) if part)
    children = cast("list[Plan]", node.get("Plans") or [])
    return f"{title}({', '.join(shape(each) for each in children)})" if children else title


def schemas(node: Plan) -> frozenset[str]:
    """The schemas of what a plan reads or writes (VERBOSE)."""
    own = frozenset({str(node["Schema"])} if "Schema" in node else ())
    return own.union(*(schemas(each) for each in cast("list[Plan]", node.get("Plans") or [])))


def compared(statement: Mapping[str, object], before: Plan, after: Plan) -> StatementPlan:
    """Hold the plan of the new server against that of the old one; `statement` has id, query, calls and mean_ms."""
    was, is_ = shape(before), shape(after)
    cost_before, cost_after = float(str(before["Total Cost"])), float(str(after["Total Cost"]))
    return StatementPlan(
        id=str(statement["id"]),
        query=" ".join(str(statement["query"]).split()),
        calls=int(str(statement["calls"])),
        mean_ms=round(float(str(statement["mean_ms"])), 3),
        changed=was != is_,
        before=was,
        after=is_,
        cost_ratio=round(cost_after / cost_before, 3) if cost_before else None,
    )
