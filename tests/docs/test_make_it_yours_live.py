"""docs/make-it-yours.md, its second way: a shop that is live on a server and two caches becomes the application."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from postgres_server import binaries
from real_servers import ADMIN_PASSWORD, SUPERUSER_PASSWORD, postgres, valkey
from test_make_it_yours import Clone, clone

pytestmark = pytest.mark.server
SHOP = Path(__file__).parents[1] / "scaffold" / "live" / "shop.sql"
MAJOR = 17
"""Of the servers here the newest that ships citext and pgcrypto."""


def _filled(main: redis.Redis, jobs: redis.Redis) -> None:
    for cache in (main, jobs):
        cache.execute_command("ACL", "SETUSER", "default", "off")
    for number in range(40):
        main.hset(f"session:{number:032x}", mapping={"user": "u"})
        main.expire(f"session:{number:032x}", 86_000)
    own = ("resetchannels", "-@all", "+@read", "+@write", "-@dangerous", "-keys", "-randomkey", "-scan", "-dbsize")
    main.execute_command("ACL", "SETUSER", "shop_app", "on", ">of-the-live-app", "~session:*", *own)
    for part in ("meta", "1"):
        jobs.hset(f"bull:mail:{part}", mapping={"n": 1})
    jobs.set("bull:mail:id", 1)
    scripts = ("+@transaction", "+info", "+eval", "+evalsha")
    jobs.execute_command("ACL", "SETUSER", "shop_worker", "on", ">of-the-live-worker", "~bull:*", *own, *scripts)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    if MAJOR not in binaries():
        pytest.skip(f"no PostgreSQL {MAJOR} here")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp"))
        server = stack.enter_context(postgres(binaries()[MAJOR], Path(folder), MAJOR))
        caches = {}
        for name in ("main", "jobs"):
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="dt-valkey-", dir="/tmp"))
            policy = "allkeys-lru" if name == "main" else "noeviction"
            caches[name] = stack.enter_context(valkey(Path(place), "--maxmemory-policy", policy))
        with server.superuser() as admin:
            admin.execute("CREATE DATABASE shop_by_hand")
        with server.superuser("shop_by_hand") as conn:
            sql = SHOP.read_text().replace("{n}", "shop").replace("{d}", "shop_by_hand")
            conn.execute(sql.encode())
        with caches["main"].admin() as main, caches["jobs"].admin() as jobs:
            _filled(main, jobs)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        at = f"127.0.0.1:{server.port}/shop_by_hand"
        patch.setenv("SHOP_DATABASE", f"postgres://rdsadmin:{SUPERUSER_PASSWORD}@{at}")
        for name, cache in caches.items():
            patch.setenv(f"SHOP_{name.upper()}", f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{cache.port}/0")
        made = clone(tmp_path_factory.mktemp("live"))
        try:
            made.follow("From live servers")
            yield made
        finally:
            patch.delenv("SHOP_DATABASE")
            made.run("datatier down --delete --yes")


def test_what_is_live_comes_up_as_a_tier_and_no_plan_changes_it(live: Clone) -> None:
    init = next(text for command, text in live.said.items() if command.startswith("datatier init"))
    assert "shop is the application here" in init
    assert "3 things to look at, each a comment in its file" in init
    assert " 0 otherwise than declared" in live.said["make up"]
    assert live.said['datatier access plan --database-url "$SHOP_DATABASE"'] == "nothing differs\n"
    assert "0 errors, 0 warnings" in live.said['datatier schema check --database-url "$SHOP_DATABASE"']
    assert live.run('datatier access plan --redis-url "$SHOP_JOBS" --cache jobs') == "nothing differs\n"


def test_nothing_is_left_to_say_for_prod(live: Clone) -> None:
    findings = [line for line in live.said["datatier preview prod"].splitlines() if line.startswith(("error", "warn"))]
    assert findings == []


def test_no_password_is_in_a_file_or_was_printed(live: Clone) -> None:
    told = "".join(live.said.values())
    files = live.run("git ls-files --others --modified --exclude-standard").splitlines()
    written = "".join((live.folder / name).read_text("utf-8") for name in files if (live.folder / name).is_file())
    for secret in (SUPERUSER_PASSWORD, ADMIN_PASSWORD, "of-the-live-app", "of-the-live-worker"):
        assert secret not in told + written
