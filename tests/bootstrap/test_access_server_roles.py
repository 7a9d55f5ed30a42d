"""Which roles are the server's own: names that nobody else on that server can have taken."""

from __future__ import annotations

import pytest

from bootstrap.postgres.server_roles import of_server


@pytest.mark.parametrize(
    ("role", "maker", "own"),
    [
        ("postgres", "postgres", True),
        ("postgres", "rdsadmin", False),  # on RDS it is the master's usual name: somebody's
        ("pg_monitor", "postgres", True),
        ("rdsadmin", "rdsadmin", True),
        ("rds_superuser", "rdsadmin", True),
        ("rds_superuser", "postgres", False),
        ("rds_evil", "rdsadmin", False),
        ("rdsadmin", "postgres", False),
        ("cloudsqlsuperuser", "cloudsqladmin", True),
        ("cloudsqladmin", "rdsadmin", False),
        ("azure_pg_admin", "azuresu", True),
        ("alloydbsuperuser", "alloydbadmin", True),
        ("intern", "postgres", False),
    ],
)
def test_a_servers_own_roles(role: str, maker: str, own: bool) -> None:
    assert of_server(role, maker) is own
