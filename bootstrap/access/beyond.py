"""Commands that reach beyond an identity's own keys, whatever its patterns: key patterns limit only what names a key.

From the command tables of Valkey 9.1 and Redis 7, and CLIENT TRACKING's documentation (BCAST tells the name of every
key that changes). A category never brings one of them; `TELLS` may be named one by one, and is then reported.
"""

from __future__ import annotations

from collections.abc import Mapping

_KEYS = "the names of all keys"
_TRACKING = "client tracking tells the names of all keys that change"
TELLS: Mapping[str, str] = {
    "acl|log": "the keys and users of refused commands",
    "client|caching": _TRACKING,
    "client|getredir": _TRACKING,
    "client|list": "address, name and last command of every client",
    "client|tracking": _TRACKING,
    "client|trackinginfo": _TRACKING,
    "cluster|getkeysinslot": _KEYS,
    "clusterscan": _KEYS,
    "commandlog|get": "the arguments of everybody's slow or large commands",
    "function|dump": "the code of everybody's functions",
    "function|list": "the code of everybody's functions",
    "keys": _KEYS,
    "monitor": "every command of everybody with its arguments",
    "pubsub|channels": "the names of all channels in use",
    "pubsub|shardchannels": "the names of all channels in use",
    "randomkey": _KEYS,
    "scan": _KEYS,
    "script|show": "the text of everybody's scripts",
    "slowlog|get": "the arguments of everybody's slow commands",
}
"""Command -> what it tells of others."""
TOUCHES = frozenset(
    [
        *("client|kill", "client|no-evict", "client|pause", "client|unblock", "client|unpause"),
        *("script|debug", "script|flush", "script|kill"),
        *("function|delete", "function|flush", "function|kill", "function|load", "function|restore"),
        *("commandlog|reset", "latency|reset", "slowlog|reset", "memory|purge"),
    ]
)
"""What ends, stops or forgets something of others: no identity gets it."""
CONTAINERS = frozenset(name.partition("|")[0] for name in (*TELLS, *TOUCHES) if "|" in name)
"""Commands whose subcommands have to be named one by one."""
SCRIPTING = ("eval", "eval_ro", "evalsha", "evalsha_ro", "script|exists", "script|load")
"""What `@scripting` stands for: no function, which is code for everybody, and nothing that ends others' scripts."""
KEYED = frozenset(
    [
        *("copy", "dbsize", "del", "dump", "exists", "expire", "expireat", "expiretime", "move", "object|encoding"),
        *("object|freq", "object|idletime", "object|refcount", "persist", "pexpire", "pexpireat", "pexpiretime"),
        *("pttl", "rename", "renamenx", "touch", "ttl", "type", "unlink"),
    ]
)
"""The commands of `@keyspace` that name their key, or only count. The category is taken out and these are put back:
later servers have more that list keys (CLUSTERSCAN in Valkey 9.1), whose names an older one would refuse."""
_NOTIFIED = "the server tells the names of all keys there (keyspace notifications, client tracking)"
CHANNELS: Mapping[str, str] = dict.fromkeys(("__keyspace@*", "__keyevent@*", "__redis__:*"), _NOTIFIED)
"""Channel pattern -> what it tells of others."""
