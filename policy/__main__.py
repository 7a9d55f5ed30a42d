"""The pack for Pulumi's engine: `pulumi preview --policy-pack policy`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the engine starts this file inside its own folder

import pulumi  # noqa: E402
from pulumi_policy import (  # noqa: E402
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from infra.load import load_stack  # noqa: E402
from policy.engine import seen  # noqa: E402
from policy.evaluate import evaluate  # noqa: E402
from policy.registry import every  # noqa: E402
from policy.rule import PolicyRule  # noqa: E402


def pack_policy(rule: PolicyRule) -> StackValidationPolicy:
    """One rule as a policy of the pack; it looks at the whole stack, since some rules do."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = pulumi.get_stack()
        settings = load_stack(ROOT, stack).settings
        results = evaluate(map(seen, args.resources), settings.suppress, rules=(rule,), today=datetime.now(UTC).date())
        urns = {(each.resource_type, each.name): each.urn for each in args.resources}
        for result in results:
            if result.outcome == "failed":
                report(f"{result.detail}. {rule.mend}", urns.get((result.type, result.resource)))
        if all(result.outcome == "not applicable" for result in results):
            args.not_applicable("; ".join(sorted({result.detail for result in results})) or "no resource of its types")

    controls = f" ({', '.join(rule.controls)})" if rule.controls else ""
    return StackValidationPolicy(
        name=rule.id,
        description=f"{rule.what} {rule.why}{controls}",
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
    )


if __name__ == "__main__":
    PolicyPack(name="data-tier", policies=[pack_policy(rule) for rule in every()])
