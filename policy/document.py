"""docs/policy.md from the rules: `python -m policy.document > docs/policy.md`."""

from __future__ import annotations

import re
import sys

from policy.registry import every
from policy.rule import PolicyRule
from policy.uncovered import UNCOVERED

_HEAD = """# Policy

Rules that every stack keeps, each a pure function in a separate file (`policy/rules/`). They run in
`datatier preview`, without an account, and in Pulumi's engine:

```sh
make policy                                   # the pack's environment
pulumi preview -s prod --policy-pack policy
```

A rule is passed, failed, or not applicable with the reason. One that cannot be kept for a while is let pass in the
stack's file, for one resource, with a reason and a last day; after that day it fails again:

```yaml
  data-tier:suppress:
    - {rule: rds-multi-az, resource: postgres-primary, reason: "moved to three zones in March", until: 2027-03-31}
```

This page is made from the rules (`python -m policy.document`).
"""


def document() -> str:
    """Return docs/policy.md as Markdown."""
    rules = ["## Rules", "", "| rule | what | why | what mends it | where |", "|---|---|---|---|---|"]
    rules += [f"| `{rule.id}` | {rule.what} | {rule.why} | {rule.mend} | {_where(rule)} |" for rule in every()]
    covered: dict[str, list[str]] = {}
    for rule in every():
        for control in rule.controls:
            covered.setdefault(control, []).append(f"`{rule.id}`")
    table = ["## Coverage", "", "| control | rule, or why there is none |", "|---|---|"]
    table += [
        f"| {control} | {', '.join(covered[control]) if control in covered else UNCOVERED[control]} |"
        for control in sorted({*covered, *UNCOVERED}, key=_natural)
    ]
    return "\n".join([_HEAD, *rules, "", *table]) + "\n"


def _where(rule: PolicyRule) -> str:
    return "production" if rule.production else "everywhere"


def _natural(control: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\D+)(\d+)", control)
    return (found[1], int(found[2])) if found else (control, 0)


if __name__ == "__main__":
    sys.stdout.write(document())
