"""docs/delivery-roles.md from the tables: `python -m components.sizing.iam_document > docs/delivery-roles.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from components.sizing.iam import actions, by_type, scopes, wide

_HEAD = """# What the delivery roles may do

How the roles come about, and who is let in: [ADR 0015](adr/0015-delivery-is-a-program-of-its-own.md). This page is made
from the tables in `components/sizing` (`python -m components.sizing.iam_document`).

```sh
$EDITOR delivery/Pulumi.delivery.yaml                # repository and its ids, environments, where the state is
pulumi -C delivery up -s delivery                    # once, as an administrator of the account
pulumi -C delivery stack output -s delivery --json   # roles for GitHub's variables, boundaries for the stack files
```

The deploy role of an environment has every action below, the role that previews those that only read. `PREFIX` is the
stack's, such as `tmi-prod`.
"""


def document() -> str:
    """The page."""
    lines = [_HEAD, "## By resource", "", "| resource | reads | writes |", "|---|---|---|"]
    for name, row in sorted(by_type().items()):
        lines.append(f"| `{name}` | {_listed(row['read'])} | {_listed(row['write'])} |")
    lines += ["", "## On what", "", "| statement | actions | resources | only |", "|---|---|---|---|"]
    for scope in scopes()[:-1]:
        only = "; ".join(
            f"{operator} {key}: {_listed([values] if isinstance(values, str) else values)}"
            for operator, keys in scope.condition.items()
            for key, values in keys.items()
        )
        lines.append(f"| {scope.sid} | {_listed(scope.actions)} | {_listed(scope.resources)} | {_plain(only)} |")
    lines += ["", "## On everything", "", "| action | why, where AWS could narrow it |", "|---|---|"]
    lines += [f"| {each} | {why} |" for each, why in sorted(wide().items())]
    lines += ["", f"{len(actions('read'))} actions read, {len(actions('read', 'write'))} in all."]
    return "\n".join(lines) + "\n"


def _listed(values: Iterable[str]) -> str:
    return _plain(", ".join(sorted(values)))


def _plain(text: str) -> str:
    for given, shown in (("{prefix}", "PREFIX"), ("{account}", "ACCOUNT"), ("{boundary}", "BOUNDARY"), ("*", "\\*")):
        text = text.replace(given, shown)
    return text


if __name__ == "__main__":
    sys.stdout.write(document())
