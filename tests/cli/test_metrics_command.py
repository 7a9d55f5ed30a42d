"""`datatier metrics` as a command: what it refuses in one sentence, and how a server of it begins and ends."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from in_process import call

# A port that refuses: nothing listens on it, and no test needs a server to see what is said of one that is down.
NOBODY = "postgres://reader@127.0.0.1:1/shop"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serve", "--listen", "9187"), "--listen 9187: write HOST:PORT, for example 127.0.0.1:9187."),
        (("serve", "--listen", "127.0.0.1:99999"), "--listen 127.0.0.1:99999: write HOST:PORT"),
        (("print", "--collector", "xid"), "no collector `xid` that is off by default: stat_checkpointer, "),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = call(tmp_path, "metrics", *words, "--database-url", NOBODY)
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = call(tmp_path, "metrics", "serve", "--listen", listen, "--database-url", NOBODY)
    assert (done.code, " ".join(done.err.split())) == (
        2,
        f"error: --listen {listen}: the port is in use: choose another, or stop what listens there.",
    )


def test_where_the_url_comes_from_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", NOBODY)
    for words in (["metrics", "serve"], ["dashboard"]):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = call(tmp_path, *words, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        assert done.code == 2
        assert done.err.count("note DATABASE_URL of the environment") == 1


@pytest.mark.parametrize(
    ("option", "url", "said"),
    [
        ("--database-url", "redis://reader:basket@127.0.0.1:1/0", "the database URL "),
        ("--redis-url", "postgres://reader:basket@127.0.0.1:1/shop", "the Redis URL cannot be read: "),
        ("--database-url", "postgres://reader:basket@127.0.0.1:port/shop", "the database URL has a wrong `port`: "),
    ],
)
def test_a_url_of_another_engine(tmp_path: Path, option: str, url: str, said: str) -> None:
    done = call(tmp_path, "metrics", "print", option, url)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {said}")
    assert "basket" not in done.err


def test_a_server_that_is_down_is_a_metric(tmp_path: Path) -> None:
    done = call(tmp_path, "metrics", "print", "--database-url", NOBODY)
    assert done.code == 0
    assert "\npg_up 0\n" in done.out
    assert "\ndatatier_up 0\n" in done.out


def test_a_server_begins_and_ends(tmp_path: Path) -> None:
    """Also with a client that is in the middle of a request."""
    words = ["metrics", "serve", "--listen", "127.0.0.1:0", "--database-url", NOBODY]
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        line = process.stderr.readline()
        found = re.fullmatch(r"note http://127\.0\.0\.1:(\d+)/metrics: 1 node\.\n", line)
        assert found, line
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/metrics?node=database", timeout=20) as answer:
            assert "pg_up 0" in answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/health", timeout=20)
        with socket.create_connection(("127.0.0.1", int(found[1]))) as half:
            half.sendall(b"GET /metr")
            time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert process.stderr.read() == ""
