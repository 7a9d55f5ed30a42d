"""Make `redis_exporter_names.csv` anew: what redis_exporter itself tells of the nodes in `peer_states`.

python tests/observe/metrics/make_redis_exporter_names.py REDIS_EXPORTER valkey9.1=VALKEY redis7.0=REDIS ...
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from peer_states import STATES, Names, names, nodes
from postgres_server import free_port

FILE = Path(__file__).with_name("redis_exporter_names.csv")


def told(exporter: str, port: int) -> Names:
    listen = f"127.0.0.1:{free_port()}"
    command = [exporter, "-redis.addr", f"redis://127.0.0.1:{port}", "-web.listen-address", listen]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(2):  # the first scrape is not in its own figures
            text = ""
            while not text:
                try:
                    with urllib.request.urlopen(f"http://{listen}/metrics") as answer:
                        text = answer.read().decode()
                except urllib.error.URLError:
                    time.sleep(0.05)
        return names(text)
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    exporter, *servers = sys.argv[1:]
    seen: dict[tuple[str, str, str], list[str]] = {}
    for server in servers:
        version, _, binary = server.partition("=")
        with tempfile.TemporaryDirectory() as folder, nodes(Path(binary), Path(folder) / "n") as ports:
            for state, port in ports.items():
                for name in told(exporter, port):
                    seen.setdefault(name, []).append(f"{version} {state}")
    with FILE.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("metric", "type", "labels", "told of"))
        every = len(servers) * len(STATES)
        out.writerows((*name, "all" if len(of) == every else " | ".join(of)) for name, of in sorted(seen.items()))


if __name__ == "__main__":
    main()
