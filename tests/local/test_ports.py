"""Ports: below the ephemeral range, from the folder's own start, kept; a foreign holder is named."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from local import ports
from local.state import StateDir


def test_two_folders_start_at_two_places() -> None:
    one, other = ports.candidates("/home/a"), ports.candidates("/home/b")
    assert one[0] != other[0]
    assert sorted(one) == sorted(other)
    assert one == ports.candidates("/home/a")
    assert min(one) == ports.FIRST
    assert max(one) < 32768


def test_a_port_is_kept(state: StateDir, tmp_path: Path) -> None:
    first, second = ports.port_of(state, "a"), ports.port_of(state, "b")
    assert first != second
    assert ports.port_of(StateDir(tmp_path, "test"), "a") == first


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_passed_over(state: StateDir, host: str) -> None:
    wanted = next(port for port in ports.candidates(str(state.path)) if ports.is_free(port))
    with socket.socket() as other:
        other.bind((host, wanted))
        other.listen()
        assert not ports.is_free(wanted)
        assert ports.port_of(state, "a") != wanted


def test_the_error_names_port_server_holder_and_mend() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        error = ports.taken(port, "PostgreSQL t-primary", "local")
    message = str(error)
    assert message.startswith(f"port {port} of PostgreSQL t-primary is held by ")
    assert f"(pid {os.getpid()})" in message
    assert message.endswith("`datatier up local --new-ports`")
