"""A real Prometheus over an exporter of this process, with the generated rules in fast motion: a minute is two s."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from urllib.request import urlopen

from postgres_server import free_port

from boards.files import text
from boards.prometheus import alert_rules, recording_rules, scrape_configuration
from boards.rules.rule import Rule
from observe.health.report import HealthReport
from observe.metrics.exporter import Exporter
from observe.metrics.probe import Prober
from observe.metrics.server import Server, Service

MINUTE = 2
"""Seconds of a minute."""
PROGRAM = shutil.which("prometheus")


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    port: int

    def query(self, expression: str) -> list[dict[str, str]]:
        """Labels of the series that an expression gives now."""
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{urlencode({'query': expression})}") as answer:
            found = json.load(answer)
        return [each["metric"] for each in found["data"]["result"]]

    def firing(self) -> set[tuple[str, str]]:
        """Alerts that fire, with their server."""
        alerts = self.query('ALERTS{alertstate="firing"}')
        return {(each["alertname"], each.get("instance", "")) for each in alerts}


@contextmanager
def serving(exporter: Exporter) -> Iterator[int]:
    """The exporter over HTTP; gives its port."""
    server = Server("127.0.0.1", 0, Service(exporter, Prober(dict), lambda: HealthReport(nodes=())))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    exporter.close(1.0)


@contextmanager
def prometheus(folder: Path, target: int, rules: tuple[Rule, ...]) -> Iterator[Prometheus]:
    """Prometheus that scrapes a port each second and evaluates these rules as often."""
    assert PROGRAM
    documents = {"recording.yml": recording_rules(MINUTE)}
    documents |= {f"{name}.yml": each for name, each in alert_rules(rules, minute=MINUTE).items()}
    for name, document in documents.items():
        (folder / name).write_text(text(document), encoding="utf-8")
    configuration = {
        "global": {"evaluation_interval": "1s"},
        "rule_files": list(documents),
        **scrape_configuration(f"127.0.0.1:{target}", seconds=1),
    }
    (folder / "prometheus.yml").write_text(text(configuration), encoding="utf-8")
    port = free_port()
    words = [f"--web.listen-address=127.0.0.1:{port}", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *words, "--log.level=warn"], cwd=folder, stderr=log, stdout=log)
    try:
        made = Prometheus(port)
        eventually(lambda: bool(_answers(made)), (folder / "log").read_text)
        yield made
    finally:
        process.terminate()
        process.wait(10)


def eventually(holds: Callable[[], bool], otherwise: Callable[[], object], seconds: float = 60) -> None:
    """Wait until it holds; fail with what `otherwise` says."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, otherwise()
        time.sleep(0.2)


def _answers(one: Prometheus) -> list[dict[str, str]]:
    try:
        return one.query("up == 1")
    except OSError:
        return []
