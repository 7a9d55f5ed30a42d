"""The AWS emulator (ministack) of a stack: secrets, keys, topics, alarms, log groups, cache users."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bootstrap.aws import aws_client, close_clients
from local import ports
from local.cloud import CloudError
from local.orphans import bury
from local.process import Daemon
from local.state import StateDir

ACCOUNT = "000000000000"
READY_SECONDS = 30.0


@dataclass
class Emulator:
    """Its process and clients. What it holds is on disk only after a stop in good order."""

    state: StateDir
    region: str
    daemon: Daemon

    @property
    def port(self) -> int:
        return ports.port_of(self.state, "emulator")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> bool:
        """Bring it up; returns whether that was needed."""
        if self.daemon.alive and ports.listens(self.port):
            return False
        self.daemon.stop()
        if importlib.util.find_spec("ministack") is None:
            raise CloudError("there is no AWS emulator: run `make up`, which installs one")
        folder = self.state.folder("emulator")
        if not ports.is_free(self.port):
            bury(folder)  # a server of this very folder that a killed command left behind
            if not ports.becomes_free(self.port):
                raise ports.taken(self.port, "the AWS emulator", self.state.stack)
        self.daemon.start([sys.executable, "-m", "ministack"], env=self._environment(folder), cwd=folder)
        deadline = time.monotonic() + READY_SECONDS
        while not ports.listens(self.port):
            if not self.daemon.alive or time.monotonic() > deadline:
                raise CloudError(f"the AWS emulator did not come up: {self.daemon.tail()} (log {self.daemon.log})")
            time.sleep(0.01)
        return True

    def stop(self) -> bool:
        """SIGTERM makes it write its state."""
        return self.daemon.stop(signal.SIGTERM, 20.0)

    def client(self, service: str, *, answer: float | None = None) -> Any:
        """A client with credentials that mean nothing anywhere else, untouched by the user's profile and proxy.

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
            "BIND_HOST": "127.0.0.1",  # every interface by default
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
