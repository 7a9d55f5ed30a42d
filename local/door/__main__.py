"""`python -m local.door`: the emulator behind its door.

The emulator reads its settings from the environment while it is imported, so that they are complete before that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bootstrap.aws import read_key
from local.door.app import Door
from local.door.journal import WriteThrough
from local.door.repairs import repair
from local.door.services import served

KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local.door", description=__doc__)
    parser.add_argument("--credentials", type=Path, required=True, help="the file with the tier's key")
    parser.add_argument("--functions", action="store_true", help="Lambda too, which runs code as this user")
    chosen = parser.parse_args()
    services = served(functions=chosen.functions)
    key = read_key(chosen.credentials)
    os.environ["SERVICES"] = ",".join(services)
    os.environ["AWS_SECRET_ACCESS_KEY"] = key[1]  # its S3 checks presigned URLs once more
    from ministack import app
    from ministack.core import persistence

    repair()
    folder = Path(persistence.STATE_DIR)
    _check(folder, persistence.load_state)
    port = int(os.environ["GATEWAY_PORT"])
    door = Door(
        inner=app.app,
        key=key,
        hosts=frozenset({f"127.0.0.1:{port}", f"localhost:{port}"}),
        services=services,
        journal=WriteThrough(folder, lambda service: _states(service, app, persistence)),
    )
    asyncio.run(_serve(door, port))


async def _serve(door: Door, port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.loglevel = "WARNING"
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await serve(door, config, shutdown_trigger=ended.wait)  # type: ignore[arg-type]


def _check(folder: Path, load: Callable[[str], Any]) -> None:
    """End where a file cannot be read: the emulator would begin without it, and write over it."""
    for path in sorted(folder.glob("*.json")):
        try:
            readable = load(path.stem) is not None
        except ValueError:
            readable = False
        if not readable:
            sys.exit(f"{path} cannot be read; put a copy of it back, or remove it and run `datatier up` again")


def _states(service: str, app: Any, persistence: Any) -> Mapping[str, Callable[[], str]]:
    """File -> its text, in the emulator's own form, which its own start reads."""
    module = app.SERVICE_REGISTRY[service]["module"]
    held = app._loaded_modules.get(module)
    if held is None:
        return {}

    def text(key: str) -> str:
        wrapped = {"__ministack_format__": persistence._state_format_version(key), "payload": held.get_state()}
        return json.dumps(wrapped, default=persistence._json_default)

    keys = [key for key, name in app._state_map.items() if name == module]
    return {f"{key}.json": lambda key=key: text(key) for key in keys}  # type: ignore[misc]


if __name__ == "__main__":
    main()
