"""The AWS emulator (ministack) of a stack: secrets, keys, topics, alarms, log groups, cache users."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    _clients: dict[str, Any] = field(default_factory=dict)
    _session: Any = None
    _mutex: threading.Lock = field(default_factory=threading.Lock)

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
        if not ports.is_free(self.port) and not (bury(folder) and ports.is_free(self.port)):
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

    def client(self, service: str) -> Any:
        """A client with credentials that mean nothing anywhere else, untouched by the user's profile and proxy."""
        with self._mutex:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        if self._session is None:
            nothing = (None, None, os.devnull, None)
            self._session = Session(
                session_vars={
                    "profile": (None, None, None, None),
                    "config_file": nothing,
                    "credentials_file": nothing,
                }
            )
        client = self._session.create_client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the emulator asks for none
            config=Config(retries={"total_max_attempts": 2}, proxies={}, read_timeout=20, max_pool_connections=16),
        )
        client.meta.events.register("before-parse.elasticache", _escape)
        return client

    def close(self) -> None:
        """Close the clients' connections."""
        with self._mutex:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

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


def _escape(response_dict: dict[str, Any], **_: object) -> None:
    """The emulator writes the `&` of an access string's channels into its XML as it is."""
    response_dict["body"] = re.sub(rb"&(?!(?:amp|lt|gt|quot|apos|#\d+);)", b"&amp;", response_dict["body"])
