"""docs/delivery-roles.md from the tables: `python -m knowledge.iam.document > docs/delivery-roles.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from knowledge.iam.actions import actions, by_type, linked, roles, scopes, wide
from knowledge.ownership import TAG
from knowledge.regions import domain

_HEAD = """# What the delivery roles may do

How the roles come about, and who is let in: [ADR 0015](adr/0015-delivery-is-a-program-of-its-own.md). This page is made
from the tables in `knowledge` (`python -m knowledge.iam.document`).

```sh
$EDITOR delivery/Pulumi.delivery.yaml                # repository and its ids, environments, where the state is
pulumi -C delivery up -s delivery                    # once, as an administrator of the account
pulumi -C delivery stack output -s delivery --json   # roles for GitHub's variables, boundaries for the stack files
```

The deploy role of an environment has every action below, the role that looks for drift those that only read; that of
pull requests reads the state of the stacks and has none. `PREFIX` is the stack's, such as `shop-prod`; `VPC` each
network that somebody else made for it; `ROLE` each of {roles}.
What was there before the stack (`existing` in its file) is in a policy of its own, by ARN: its servers and what is
theirs alone are changed as the stack's own are, what others may use is only used with them.
What carries another stack's `{tag}` is denied, whatever stands here, and so is marking anything as another's
([ADR 0019](adr/0019-environments-of-one-account-are-walls-to-each-other.md)).
"""


def document() -> str:
    """Return docs/delivery-roles.md as Markdown."""
    head = _HEAD.format(roles=", ".join(f"`{each}`" for each in sorted(roles())), tag=TAG)
    lines = [head, "## By resource", "", "| resource | reads | writes |", "|---|---|---|"]
    for name, row in sorted(by_type().items()):
        lines.append(f"| `{name}` | {_listed(row['read'])} | {_listed(row['write'])} |")
    lines += ["", "## On what", "", "| statement | actions | resources | only |", "|---|---|---|---|"]
    for scope in scopes()[:-1]:
        only = "; ".join(
            f"{operator} {_plain(key)}: {_listed([values] if isinstance(values, str) else values)}"
            for operator, keys in scope.condition.items()
            for key, values in keys.items()
        )
        lines.append(f"| {scope.sid} | {_listed(scope.actions)} | {_listed(scope.resources)} | {only} |")
    lines += ["", "## On everything", "", "| action | why, where AWS could narrow it |", "|---|---|"]
    lines += [f"| {each} | {why} |" for each, why in sorted(wide().items())]
    lines += ["", f"{len(actions('read'))} actions read, {len(actions('read', 'write'))} in all."]
    return "\n".join(lines) + "\n"


def _listed(values: Iterable[str]) -> str:
    return _plain(", ".join(sorted(values)))


def _plain(text: str) -> str:
    for name in ("prefix", "account", "boundary", "partition", "role", "vpc"):
        text = text.replace(f"{{{name}}}", name.upper())
    services = ", ".join(sorted(frozenset().union(*linked().values())))
    return (
        text.replace("{linked}", services).replace("{tag}", TAG).replace("{domain}", domain("aws")).replace("*", "\\*")
    )


if __name__ == "__main__":
    sys.stdout.write(document())
