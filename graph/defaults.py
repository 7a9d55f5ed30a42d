"""What a provider fills in where the program leaves an input out. Pure."""

from __future__ import annotations

import hashlib

from graph.kind import Kind
from graph.marks import DEFAULTS, Properties, filled

_SUFFIX = 7  # hex digits of an automatic name (pulumi-terraform-bridge, pkg/tfbridge/names.go)


def complete(kind: Kind, name: str, olds: Properties, news: Properties, seed: bytes) -> Properties:
    """The inputs with the provider's defaults, and a name where the program leaves it to Pulumi.

    What was filled in before stays as it was: a default that changes with the provider must not change the resource.
    """
    made = {key: value for key, value in news.items() if key != DEFAULTS}
    added: Properties = {key: value for key, value in kind.defaults.items() if key not in made}
    if kind.named and kind.autonamed and not {kind.named, f"{kind.named}Prefix"} & made.keys():
        added[kind.named] = f"{name}-{hashlib.sha256(seed).hexdigest()[:_SUFFIX]}"
    before = filled(olds)
    added = {key: olds[key] if key in before and key in olds else value for key, value in added.items()}
    return {**made, **added, DEFAULTS: sorted(added)}
