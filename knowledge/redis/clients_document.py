"""docs/clients.md from what is known of clients: `python -m knowledge.redis.clients_document > docs/clients.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from knowledge.redis.clients import RedisClient, client, names

_HEAD = """# Clients of Redis

Which rights a client library needs, and how its keys are kept under a prefix. This page is made from
`knowledge/redis/clients/` (`python -m knowledge.redis.clients_document`); each client was run against a server as an
identity with these rights, and with each of them taken away in turn.

In `access.yaml` an identity names the clients that it uses in a cache, and gets what they need and nothing else:

```yaml
identities:
  shop_worker:
    redis:
      queue: {client: bullmq}
      main: {client: [redis-py, limits], prefix: shop}
      jobs:
        client:
          celery: {database: 1}
          redis-py: {prefix: lock, locks: true}
        keys: ["report:*"]
```

- `prefix` is what keys and channels begin with, without the colon after it: the identity's name unless the cache or the
  client has another. `keys`, `channels`, `commands` and the like may be given as well.
- Everybody may log in, and ask a cluster for its shape. A client that has keys is given `@read`, `@write` and
  `@transaction`, one that has channels `@pubsub`, and each what its row adds. None gets what reaches beyond its keys:
  FLUSHDB, KEYS, SCAN, CLIENT LIST, CLIENT TRACKING, the whole of `@scripting`. Where a client has an option for one of
  them, every bootstrap warns of what that tells of others.
- `datatier env` and `datatier access explain IDENTITY` say what the client has to be configured with.
- PSUBSCRIBE is permitted by the very text of a pattern, not by a wider one: under `&shop:*` a client may subscribe to
  `shop:*` and to no other pattern. Channels are therefore here word for word.
- What is refused is counted (`datatier queries usage CACHE`) and in the server's ACL LOG, also where a client says
  nothing.
"""
_RUNTIMES = {"python": "Python", "node": "Node.js", "go": "Go"}


def document() -> str:
    """Return docs/clients.md as Markdown."""
    every = [client(name) for name in names()]
    lines = [_HEAD]
    for runtime, title in _RUNTIMES.items():
        mine = [each for each in every if each.runtime == runtime]
        lines += [f"## {title}", "", *_table(mine), ""]
        for each in mine:
            lines += [*_details(each), ""]
    return "\n".join(lines)


def _table(clients: list[RedisClient]) -> Iterator[str]:
    yield "| client | in `access.yaml` | run | for | keys | channels | adds |"
    yield "|---|---|---|---|---|---|---|"
    for each in clients:
        rights = each.rights
        cells = [_code(rights.keys), _code(rights.channels), _code(rights.commands)]
        row = [each.title, f"`{each.name}`", ", ".join(each.versions), each.purpose, *cells]
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"


def _code(values: tuple[str, ...]) -> str:
    return " ".join(f"`{value}`" for value in values)


def _details(known: RedisClient) -> Iterator[str]:
    yield from (f"### {known.title}", "")
    if known.unusable:
        yield f"- Not to be used: {known.unusable}."
    for setting in known.settings:
        yield f"- Configure `{setting.assignment}` {setting.where}."
    for name, option in known.options.items():
        adds = (*option.rights.keys, *option.rights.channels, *option.rights.commands)
        more = f"; adds {_code(adds)}" if adds else ""
        default = str(option.default).lower() if isinstance(option.default, bool) else option.default
        shown = f"[{', '.join(default)}]" if isinstance(default, tuple) else default
        yield f"- Option `{name}` (`{shown}` unless said): {option.means}{more}."
    for title, sentences in (
        ("Outside of a prefix", known.outside),
        ("When it is emptied", known.clears),
        ("Refused", known.refused),
        ("Fails without an error", known.silent),
        ("Source", known.sources),
    ):
        for sentence in sentences:
            yield f"- {title}: {sentence}."


if __name__ == "__main__":
    sys.stdout.write(document())
