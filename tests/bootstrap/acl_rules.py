"""Random rules for Redis users: those that a server takes, and those that it refuses."""

from __future__ import annotations

from hypothesis import strategies as st

COMMANDS = (
    "get",
    "set",
    "getex",
    "config|get",
    "config|set",
    "config",
    "client|list",
    "client",
    "select",
    "flushall",
    "publish",
    "command",
    "command|docs",
    "keys",
    "eval",
    "xinfo|stream",
    "subscribe",
    "copy",
    "info",
    "acl|log",
)
CATEGORIES = (
    "all",
    "read",
    "write",
    "dangerous",
    "admin",
    "fast",
    "slow",
    "connection",
    "pubsub",
    "string",
    "keyspace",
)
PATTERNS = ("a", "a:*", "b?", "[ab]*", "*", "a:b:*", "x[^y]z", "q\\*")

# What the server refuses, alone or after certain others.
BAD = (
    *("+nothing", "-nothing", "+@nothing", "+config|nothing", "+config|get|x", "-get|x", "+", "+get|", "what", "db="),
    *("%~a", "%RR~a", "#short", "!" + "0b" * 32, "(~* ~a)", "(on)", "(+get"),
)
WORDS = (
    *(
        "allkeys",
        "ALLKEYS",
        "resetkeys",
        "resetkeys",
        "allchannels",
        "resetchannels",
        "resetchannels",
        "+@all",
        "-@all",
    ),
    *("allcommands", "nocommands", "db=0", "db=1,2", "alldbs", "resetdbs"),
)
FLAGS = (
    *("on", "off", "nopass", "resetpass", "clearselectors", "reset", "#" + "0a" * 32, "#" + "0b" * 32),
    "sanitize-payload",  # Valkey 9.1 takes `skip-sanitize-payload` and lists it nowhere
)


def command_rules() -> st.SearchStrategy[str]:
    names = st.sampled_from([*COMMANDS, *(f"@{c}" for c in CATEGORIES)])
    rule = st.builds(str.__add__, st.sampled_from("+-"), names)
    return st.one_of(rule, rule, rule, st.sampled_from(["+select|0", "+get|x", "+GET|Y"]))


def selector_rules() -> st.SearchStrategy[str]:
    marks = st.sampled_from(["~", "%R~", "%W~", "%RW~", "%wr~"])
    keys = st.builds(str.__add__, marks, st.sampled_from(PATTERNS))
    channels = st.builds("&{}".format, st.sampled_from(PATTERNS))
    return st.one_of(command_rules(), command_rules(), keys, keys, channels, st.sampled_from(WORDS))


def user_rules() -> st.SearchStrategy[list[str]]:
    selector = st.builds(lambda rules: f"({' '.join(rules)})", st.lists(selector_rules(), max_size=4))
    one = st.one_of(selector_rules(), selector_rules(), selector_rules(), st.sampled_from(FLAGS), selector)
    rules = st.lists(one, min_size=2, max_size=9)
    spoiled = st.builds(lambda these, bad: [*these[:2], bad, *these[2:]], rules, st.sampled_from(BAD))
    return st.one_of(rules, rules, rules, spoiled)
