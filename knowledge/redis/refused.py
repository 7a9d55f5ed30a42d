"""Redis and Valkey parameters that ElastiCache keeps for itself, and the commands that it lets be renamed."""

from __future__ import annotations

_SNAPSHOTS = "daily snapshots with a retention and replicas in other zones keep the data"
_AOF = (
    f"ElastiCache has no append-only file; {_SNAPSHOTS},"
    " and `durability` of Valkey 9 in cluster mode keeps every acknowledged write"
)
_RDB = f"ElastiCache schedules the dumps itself: {_SNAPSHOTS}; set the snapshot window and retention of the cache"
_ACCESS = "users and their rights come from the access declaration, TLS from the cache's own settings"
_SERVICE = "ElastiCache places and connects its nodes itself"

REFUSED = {
    **dict.fromkeys(
        (
            "aof-load-truncated",
            "aof-use-rdb-preamble",
            "appenddirname",
            "appendfilename",
            "appendfsync",
            "appendonly",
            "auto-aof-rewrite-min-size",
            "auto-aof-rewrite-percentage",
            "no-appendfsync-on-rewrite",
        ),
        _AOF,
    ),
    **dict.fromkeys(
        ("dbfilename", "dir", "rdbchecksum", "rdbcompression", "save", "stop-writes-on-bgsave-error"), _RDB
    ),
    **dict.fromkeys(
        ("aclfile", "masterauth", "protected-mode", "rename-command", "requirepass", "tls-port", "user"), _ACCESS
    ),
    **dict.fromkeys(("bind", "cluster-config-file", "cluster-node-timeout", "port", "replicaof", "slaveof"), _SERVICE),
    "maxmemory": "it follows from the node type; reserved-memory-percent says how much of it is not for data",
    "maxclients": "it follows from the node type (65000, less on the smallest)",
    "reserved-memory": "give it as a share, reserved-memory-percent, so that it follows the node type",
    "cluster-enabled": "it follows from the cache's cluster mode",
    "lua-time-limit": "ElastiCache fixes it at 5 seconds and stops longer scripts itself",
    "repl-timeout": "ElastiCache fixes it at 60 seconds",
    "activerehashing": "it is on and no longer adjustable since version 7",
}
"""Parameter -> why it cannot be set, and what serves instead."""

_COMMANDS = """
append auth bitcount bitfield bitop bitpos blpop brpop brpoplpush bzpopmin bzpopmax client cluster command dbsize
decr decrby del discard dump echo eval evalsha exec exists expire expireat flushall flushdb geoadd geohash geopos
geodist georadius georadiusbymember get getbit getrange getset hdel hexists hget hgetall hincrby hincrbyfloat hkeys
hlen hmget hmset hset hsetnx hstrlen hvals incr incrby incrbyfloat info keys lastsave lindex linsert llen lpop
lpush lpushx lrange lrem lset ltrim memory mget monitor move mset msetnx multi object persist pexpire pexpireat
pfadd pfcount pfmerge ping psetex psubscribe pubsub pttl publish punsubscribe randomkey readonly readwrite rename
renamenx restore role rpop rpoplpush rpush rpushx sadd scard script sdiff sdiffstore select set setbit setex setnx
setrange sinter sinterstore sismember slowlog smembers smove sort spop srandmember srem strlen subscribe sunion
sunionstore swapdb time touch ttl type unsubscribe unlink unwatch wait watch zadd zcard zcount zincrby zinterstore
zlexcount zpopmax zpopmin zrange zrangebylex zrevrangebylex zrangebyscore zrank zrem zremrangebylex zremrangebyrank
zremrangebyscore zrevrange zrevrangebyscore zrevrank zscore zunionstore scan sscan hscan zscan xinfo xadd xtrim
xdel xrange xrevrange xlen xread xgroup xreadgroup xack xclaim xpending georadius_ro georadiusbymember_ro lolwut
xsetid substr
"""

RENAMEABLE = frozenset(_COMMANDS.split())
"""All that `rename-commands` takes, FLUSHALL, FLUSHDB, KEYS and EVAL among them.

CONFIG, DEBUG and SHUTDOWN are closed for everybody anyway:
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SupportedCommands.html"""
