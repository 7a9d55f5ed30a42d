"""A stack with servers that were there before it, loaded for this computer and for an account."""

from __future__ import annotations

from pathlib import Path

import pytest
import shop

from cli.project import load, load_here
from infra.apart import NOTE

FILE = """config:
  aws:region: eu-west-1
  data-tier:profile: dev
  data-tier:network: {{vpc: vpc-0a, subnets: [subnet-0a, subnet-0b], endpoints: [10.9.0.0/24]}}
  data-tier:postgres: {postgres}
  data-tier:redis: {redis}
"""


def test_this_computer_has_servers_of_the_stack_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = shop.make(tmp_path).path
    before = {
        "postgres": '{version: "16.3", existing: {identifier: billing, encrypted: false}}',
        "redis": "{main: {existing: {identifier: sessions, port: 6390}}}",
    }
    (root / "Pulumi.before.yaml").write_text(FILE.format(**before), encoding="utf-8")
    (root / "Pulumi.after.yaml").write_text(
        FILE.format(postgres='{version: "16"}', redis="{main: {}}"), encoding="utf-8"
    )
    monkeypatch.chdir(root)
    there, here = load("before"), load_here("before")
    assert (there.instances.primary.identifier, there.instances.caches["main"].identifier) == ("billing", "sessions")
    assert here.instances.primary.identifier == f"{here.settings.name}-before"
    assert here.settings == load("after").settings
    assert [*there.notes, NOTE] == [*here.notes]
    assert load_here("after") == load("after")
