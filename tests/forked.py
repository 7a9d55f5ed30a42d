"""`datatier` by fork: every command is a process of its own, which finds the program imported already.

An interpreter that imports the program takes longer than most commands do. What is asked for comes over a socket as one
line of JSON, with the three standard streams; the answers are the pid, then how it ended. Run as a program, this is the
process that forks: it has one thread and has opened nothing, so what it forks is like a fresh start.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LAZY = ("boto3", "bootstrap.run", "infra.program", "preview.preflight", "psycopg", "redis")
"""What commands import only when they get to it."""
DIED = 128
SECONDS = 120


class Forked:
    """The way to such a process."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(
        self,
        words: tuple[str, ...],
        folder: Path,
        env: Mapping[str, str],
        stdin: str = "",
        watch: Callable[[int], None] = lambda _pid: None,
    ) -> tuple[int, str, str]:
        """Exit code, standard output and standard error; `watch` gets the pid as soon as it runs."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as fed,
            tempfile.TemporaryFile("w+", encoding="utf-8") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8") as err,
            socket.socket(socket.AF_UNIX) as way,
        ):
            fed.write(stdin)
            fed.seek(0)
            way.settimeout(SECONDS)
            way.connect(self.address)
            code = ask(way, words, folder, env, [each.fileno() for each in (fed, out, err)], watch)
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()


def ask(
    way: socket.socket,
    words: Sequence[str],
    folder: str | Path,
    env: Mapping[str, str],
    streams: Sequence[int],
    watch: Callable[[int], None] = lambda _pid: None,
) -> int:
    """Run a command over a connection, with these standard streams; gives its exit code."""
    asked = json.dumps({"words": words, "folder": str(folder), "env": dict(env)}).encode() + b"\n"
    socket.send_fds(way, [asked[:1]], list(streams))
    way.sendall(asked[1:])
    with way.makefile("r") as answers:
        watch(int(answers.readline()))
        return int(answers.readline())


@contextmanager
def forking(*, program: Path = Path(__file__), code: str = "") -> Iterator[Forked]:
    """Start it; `program` may be one that changes the program first and then calls `serve`, and `code` is a folder with
    another state of the program's code."""
    with tempfile.TemporaryDirectory(prefix="dt-fork-", dir="/tmp") as folder:
        address = f"{folder}/socket"
        env = {**os.environ, "PYTHONPATH": f"{code}:{Path(__file__).parent}".strip(":"), "COLUMNS": "200"}
        with subprocess.Popen([sys.executable, program, address], env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            try:
                yield Forked(address)
            finally:
                process.terminate()


def serve(address: str) -> None:
    """Import the program; then fork for whoever connects."""
    from cli.main import COMMANDS

    for module in {*LAZY, *(module for module, _, _ in COMMANDS.values())}:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)  # noqa: T201
        while True:
            way, _ = door.accept()
            with way:
                if os.fork() == 0:
                    door.close()
                    _wait_for_one(way)
            _bury()


def _bury() -> None:
    """Those that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _wait_for_one(way: socket.socket) -> None:
    """Fork once more, and tell how the command ended."""
    first, streams, _, _ = socket.recv_fds(way, 1, 3)
    with way.makefile("r") as asked:
        question = json.loads(first.decode() + asked.readline())
    pid = os.fork()
    if pid == 0:
        way.close()
        _command(question, streams)
    way.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    way.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _command(question: dict[str, Any], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(question["folder"])
    os.environ.clear()
    os.environ.update(question["env"])
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 as long as the process lives
        for number, mode in enumerate("rww")
    )
    sys.argv = ["datatier", *question["words"]]
    code = DIED
    try:
        from cli.main import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
