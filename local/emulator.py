"""The AWS emulator (ministack) of a stack: secrets, keys, topics, alarms, log groups, cache users."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import string
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.aws import AwsEndpoint, aws_client, close_clients, read_key
from bootstrap.errors import BootstrapError
from graph.errors import CloudError
from local import ports
from local.files import write_private
from local.orphans import EMULATOR, bury
from local.privileges import ServerAccount, account
from local.process import Daemon
from local.secretive import password
from local.state import StateDir

ACCOUNT = "000000000000"
"""The account that the emulator plays."""
READY_SECONDS = 120.0
"""That it has ended is seen at once; one that is slow to start is on a busy computer."""
ROOT = Path(__file__).parents[1]


def arn(service: str, region: str, rest: str) -> str:
    """An ARN of the account that the emulator plays."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


@dataclass
class Emulator:
    """Its process and clients. What it has answered is on disk."""

    state: StateDir
    region: str
    daemon: Daemon
    functions: bool = False
    """Whether it runs Lambda functions, which are code that runs as the servers do."""

    @property
    def port(self) -> int:
        return ports.port_of(self.state, "emulator")

    @property
    def endpoint(self) -> AwsEndpoint:
        return tier_endpoint(self.state, self.port)

    def start(self) -> bool:
        """Bring it up as it should be; returns whether that was needed."""
        if importlib.util.find_spec("ministack") is None:
            raise CloudError("there is no AWS emulator: run `make up`, which installs one")
        folder = self.state.folder("emulator")
        # The interpreter's own library too: without it Python looks for another one, and may find it.
        runs_as = account(Path(sys.base_prefix), Path(sys.prefix), ROOT, folder)
        made = _key(folder, runs_as)
        command = [sys.executable, "-m", EMULATOR, "--credentials", self.endpoint.credentials]
        command += ["--functions"] if self.functions else []
        process = self.daemon.process()
        # The interpreter's own name may differ: macOS starts another program for it.
        if process and not made and ports.listens(self.port) and process.cmdline()[1:] == command[1:]:
            return False
        self.stop()
        if not ports.is_free(self.port):
            bury(folder)  # a server of this very folder that a killed command left behind
            if not ports.becomes_free(self.port):
                raise ports.taken(self.port, "the AWS emulator", self.state.stack)
        environment = self._environment(folder)
        runs_as.give_all(folder)
        self.daemon.start([*runs_as.prefix, *command], env=environment, cwd=folder)
        deadline = time.monotonic() + READY_SECONDS
        while not ports.listens(self.port):
            if not self.daemon.alive or time.monotonic() > deadline:
                raise CloudError(f"the AWS emulator did not come up: {self.daemon.tail()} (log {self.daemon.log})")
            time.sleep(0.01)
        return True

    def stop(self) -> bool:
        """End it in good order."""
        return self.daemon.stop(signal.SIGTERM, 20.0)

    def client(self, service: str, *, answer: float | None = None) -> Any:
        """A client with the tier's key, untouched by the user's profile and proxy.

        `answer` as in `aws_client`.
        """
        return aws_client(service, self.region, self.endpoint, answer=answer)

    def close(self) -> None:
        """Close the clients' connections."""
        close_clients()

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": self.region,
            "MINISTACK_HOST": "127.0.0.1",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state.folder("emulator", "state")),
            "S3_DATA_DIR": str(folder / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",  # this and MQTT would listen on every interface
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
            "LOG_LEVEL": "WARNING",
            "PYTHONDONTWRITEBYTECODE": "1",
            # where it is found, when that is not an installation of its own
            **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        }


def tier_endpoint(state: StateDir, port: int) -> AwsEndpoint:
    """Where a tier's emulator listens, and the file with its key."""
    credentials = str(state.path / "emulator" / "credentials")
    return AwsEndpoint(url=f"http://127.0.0.1:{port}", credentials=credentials, stack=state.stack)


def _key(folder: Path, runs_as: ServerAccount) -> bool:
    """Make the tier's key where there is none; returns whether that was needed.

    Its id begins with letters: the emulator takes one of twelve digits for an account (ministack's `core.responses`).
    """
    path = folder / "credentials"
    try:
        read_key(path)
    except BootstrapError:
        key = "LOCAL" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(15))
        lines = ("[default]", f"aws_access_key_id = {key}", f"aws_secret_access_key = {password()}")
        write_private(path, "\n".join(lines) + "\n", runs_as.owner)
        return True
    return False
