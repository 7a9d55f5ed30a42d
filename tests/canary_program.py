"""datatier by fork, each of whose passwords begins with a marker. Copied beside a file `marker`, and run from there.

The functions' code is replaced, not their names: whoever has imported one of them uses the marked one too.
"""

import os
import sys
import types
from pathlib import Path

from forked import serve

import bootstrap.secrets.secret as made
import local.handlers.random as drawn
import local.secretive as own

marker = Path(__file__).with_name("marker").read_text()


def mark(module, name, kind):
    original = getattr(module, name)
    plain = types.FunctionType(original.__code__, module.__dict__, argdefs=original.__defaults__)
    module._canary = lambda value: type(value)(begun(value.reveal())) if hasattr(value, "reveal") else begun(value)
    module._plain = plain

    def begun(value):
        return f"{marker}{kind}" + value[len(marker) + len(kind) :]

    original.__code__ = replacement.__code__


def replacement(*values):
    return _canary(_plain(*values))  # noqa: F821 - found in the module whose function it becomes


mark(made, "new_password", "made")
mark(drawn, "_characters", "drawn")
mark(own, "password", "own")


def noticed(event, values):
    """Note which variable of a program that is started holds a marker; `command line` for that."""
    if event == "subprocess.Popen":
        _, command, _, env = values
    elif event in ("os.exec", "os.posix_spawn"):
        _, command, env = values
    else:
        return
    found = [os.fsdecode(name) for name, text in (env or os.environ).items() if marker in os.fsdecode(text)]
    if any(marker in os.fsdecode(word) for word in command):
        found.append("command line")
    with Path(__file__).with_name("noticed").open("a") as notes:
        notes.writelines(f"{each}\n" for each in found)


sys.addaudithook(noticed)

if __name__ == "__main__":
    serve(sys.argv[1])
