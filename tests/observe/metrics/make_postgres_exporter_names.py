"""Make `postgres_exporter_names.csv` again: what postgres_exporter itself tells of the servers in `postgres_states`.

python tests/observe/metrics/make_postgres_exporter_names.py POSTGRES_EXPORTER
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "bootstrap"))

import once
from postgres_server import binaries, free_port
from postgres_states import EXTRA, LOGIN, Name, busy, names, prepare, url
from real_servers import Postgres, postgres

FILE = Path(__file__).with_name("postgres_exporter_names.csv")


def told(exporter: str, server: Postgres) -> set[Name]:
    listen = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [exporter, f"--web.listen-address={listen}", *(f"--collector.{each}" for each in EXTRA)],
        env=os.environ | {"DATA_SOURCE_NAME": url(server)},
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://{listen}/metrics") as answer:
                    return names(answer.read().decode())
            except urllib.error.URLError:
                time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    seen: dict[Name, list[str]] = {}
    for major, programs in sorted(binaries().items()):
        with tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder:
            once.share(Path(folder))
            with postgres(programs, Path(folder), major) as server:
                prepare(server, {LOGIN: "pg_monitor"})
                with busy(server):
                    for name in told(sys.argv[1], server):
                        seen.setdefault(name, []).append(str(major))
    with FILE.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("metric", "type", "labels", "help", "versions"))
        out.writerows((*name, " ".join(majors)) for name, majors in sorted(seen.items()))


if __name__ == "__main__":
    main()
