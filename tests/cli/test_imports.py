"""What a command does not use it does not import: most of what a short command takes is imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "pulumi",
    "boto3",
    "botocore",
    "psycopg",
    "redis",
    "yaml",
    "valkey",
    "opentelemetry.sdk.metrics.export",
    "bootstrap.access",
    "bootstrap.manifest",
    "bootstrap.migrate",
    "infra.load",
)
PROGRAM = """
import json, sys
heavy, sys.argv = json.loads(sys.argv[1]), ["datatier", *sys.argv[2:]]
from cli.main import main
try:
    main()
except SystemExit:
    pass
print(json.dumps([name for name in heavy if name in sys.modules]))
"""


@pytest.mark.parametrize(
    ("words", "imported"),
    [
        (["--help"], {"bootstrap.access", "bootstrap.manifest", "infra.load"}),
        (["migrate", "up", "--help"], set()),
        (
            ["migrate", "version", "--database-url", "postgres://app@127.0.0.1:1/shop?sslmode=disable"],
            {"psycopg", "bootstrap.access", "bootstrap.migrate"},
        ),
        (["schema", "dump", "--help"], set()),
        (["schema", "docs", "--json"], {"psycopg"}),
        (["psql", "--help"], {"bootstrap.access", "bootstrap.manifest"}),
        (["status", "--help"], {"bootstrap.access", "bootstrap.manifest"}),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else "",
)
def test_a_command_imports_what_it_uses(words: list[str], imported: set[str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, json.dumps(HEAVY), *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout.splitlines()[-1])) == imported
