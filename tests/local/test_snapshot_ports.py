"""What a restored tier says of its servers is where they listen now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import ports
from local.snapshots.moved import at_ports, ports_of, with_ports
from local.state import StateDir

MOVED = {15001: 15002, 15002: 15001, 15003: 15009}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"port": 15001}, {"port": 15002}),
        ([{"nodes": [{"port": 15002}]}], [{"nodes": [{"port": 15001}]}]),
        ({"endpoint": "127.0.0.1:15003"}, {"endpoint": "127.0.0.1:15009"}),
        ({"url": "http://127.0.0.1:15001/queue"}, {"url": "http://127.0.0.1:15002/queue"}),
        ("a 127.0.0.1:15001 and 127.0.0.1:15002", "a 127.0.0.1:15002 and 127.0.0.1:15001"),
        # Not a server's: another port, address or key, a part of a number.
        ({"port": 6379}, {"port": 6379}),
        ("127.0.0.1:150011 10.0.0.1:15001", "127.0.0.1:150011 10.0.0.1:15001"),
        ({"seconds": 15001, "port": None, "ports": True}, {"seconds": 15001, "port": None, "ports": True}),
    ],
)
def test_ports_are_told_wherever_they_stand(then: Any, now: Any) -> None:
    assert at_ports(then, MOVED) == now


def test_ports_stay_and_a_server_that_is_back_has_its_own_unless_another_has_it(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _: True)
    state.ports = {"primary": 15002, "new": 15003}
    found = ports_of(state, {"primary": 15001, "replica": 15003, "cache": 15004})
    assert {name: port for name, port in found.items() if name != "replica"} == {
        "primary": 15002,
        "new": 15003,
        "cache": 15004,
    }
    assert len(set(found.values())) == len(found)
    assert Path(state.path / "state.json").exists()  # a port that was chosen is kept


def test_with_other_ports_the_next_up_is_no_shortcut() -> None:
    then = {
        "resources": {"urn": {"type": "t", "inputs": {"port": 15001}, "outputs": {"port": 15001}}},
        "kept": {"manifest": {"url": "http://127.0.0.1:15001"}, "fingerprint": "f"},
        "secrets": {"admin": "127.0.0.1:15001"},
    }
    assert with_ports(then, {"one": 15001}, {"one": 15001}) == {**then, "ports": {"one": 15001}}
    assert with_ports(then, {"one": 15001}, {"one": 15002}) == {
        "resources": {"urn": {"type": "t", "inputs": {"port": 15001}, "outputs": {"port": 15002}}},
        "kept": {"manifest": {"url": "http://127.0.0.1:15002"}},
        "secrets": {"admin": "127.0.0.1:15001"},
        "ports": {"one": 15002},
    }
