"""What this run's ids, ARNs and addresses are in the deployed stack, so that the inputs of both can be compared. Pure.

A program that is only previewed is given values that nobody else has (`graph.offline`). Where the resource stays,
each is translated to the one that the state has under the same output; where it is created or replaced, it is unknown,
and what refers to it changes: the engine's preview says so too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice, zip_longest
from typing import Any

from graph.marks import SECRET
from graph.resource import Resource, Shown

_SHORTEST = 4  # a shorter value may be anything: a port, a version
Known = dict[str, str]


def learned(now: Resource, was: Resource | None, unknown: frozenset[str]) -> Known:
    """The translation of each output of the resource; `unknown` are outputs that change with it."""
    known: Known = {}
    # What is put in is known at any time: a name that the program gives is the same after a replacement.
    given = {value for key in now.inputs for value in _texts(now.inputs[key])}
    asked = was is not None and bool(was.id)
    for key, value in (*now.outputs.items(), ("id", now.id)):
        if key in now.inputs:
            continue
        if was is None or key in unknown:
            for text in _texts(value):
                if text not in given:
                    known.setdefault(text, f"<{now.name}.{key}>")
        elif asked:
            stands = was.id if key == "id" else was.outputs.get(key)
            for text, found in zip(_texts(value), _texts(stands), strict=False):
                if found != SECRET:
                    known.setdefault(text, found)
    return {value: stands for value, stands in known.items() if len(value) >= _SHORTEST and value != stands}


def account(resources: Iterable[Resource]) -> str:
    """The account that a deployment lies in: the one that most of its ARNs name; empty where there is none."""
    named = Counter(
        found
        for each in resources
        for value in (each.id, each.outputs.get("arn"))
        if isinstance(value, str)
        for found in re.findall(r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):", value)
    )
    return named.most_common(1)[0][0] if named else ""


class Translation:
    """This run's values in a text, put as the deployed stack has them."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        # A whole word: `shop-prod` is not meant in `shop-prod-final`. Digits that were drawn are meant anywhere.
        drawn = {value for value in known if value.isalnum()}
        every = (_any(known.keys() - drawn, r"[\w-]"), _any(drawn, r"\w"))
        self._any = re.compile("|".join(each for each in every if each)) if known else None

    def put(self, value: object) -> Any:
        """The value with everything in it translated."""
        if self._any is None:
            return value
        if isinstance(value, str):
            return self._any.sub(lambda found: self._known[found[0]], value)
        if isinstance(value, list):
            return [self.put(item) for item in value]
        if isinstance(value, dict):
            return {key: self.put(item) for key, item in value.items()}
        return value


class Digests:
    """Texts of a run by their SHA-256: what the program computes of a text changes as the text does."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._of = {
            digest: (each.key, key, value)
            for each in resources
            for key, value in each.inputs.items()
            if isinstance(value, str) and value.startswith("{") and (digest := _digest(value))
        }

    def put(self, value: object, was: object, changed: Callable[[Shown], bool], translation: Translation) -> Any:
        """The value with each digest as it was, or recomputed where its text has changed."""
        if isinstance(value, str) and value in self._of:
            shown = self._of[value]
            if isinstance(was, str) and not changed(shown):
                return was
            return _digest(translation.put(shown[-1])) or value
        if isinstance(value, list):
            sides = zip_longest(value, was if isinstance(was, list) else ())
            return [self.put(item, old, changed, translation) for item, old in islice(sides, len(value))]
        if isinstance(value, dict):
            old = was if isinstance(was, dict) else {}
            return {key: self.put(item, old.get(key), changed, translation) for key, item in value.items()}
        return value


@cache
def _digest(text: str) -> str:
    """As `components.functions.runner.digest` computes it; empty for what is not JSON."""
    try:
        document = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return ""
    return hashlib.sha256(document.encode()).hexdigest()


def _any(values: Iterable[str], beside: str) -> str:
    """A pattern for any of the values, the longest first, where no character of `beside` is adjacent."""
    found = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
    return rf"(?<!{beside})(?:{found})(?!{beside})" if found else ""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
