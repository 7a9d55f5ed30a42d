"""What cannot be is refused before anything is touched, and what breaks off leaves nothing that looks whole."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
import redis
from cache_servers import ENGINES, LIBRARY, fill, nodes, server, source, url
from postgres_server import free_port
from real_servers import Valkey

from keep.backup.create import Sources, create
from keep.backup.listing import ids, opened
from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.redis.file import FileSource
from keep.redis.fits import unfit, written_by
from keep.redis.keys import KeysSource
from keep.redis.restore import restore
from observe.keys.scan import slot_of
from observe.keys.spaces import Spaces
from observe.keys.wire import Wire, WireError
from observe.nodes import redis_nodes

pytestmark = pytest.mark.server


def copied(place: FolderPlace, *servers: Valkey, spaces: Spaces = LIBRARY) -> BackupManifest:
    return create(Sources(caches=(source(*servers, spaces=spaces),)), place)


@pytest.mark.parametrize(
    ("server", "version"),
    [
        ("redis 6.2.7", 9),
        ("redis 7.0.15", 10),
        ("redis 7.2.4", 11),
        ("redis 8.0.1", 12),
        ("valkey 7.2.9", 11),
        ("valkey 8.1.3", 11),
        ("valkey 9.1.2", 80),
        ("valkey 10.0.0", 80),
    ],
)
def test_each_server_writes_a_version_of_the_format(server: str, version: int) -> None:
    assert written_by(server) == version


@pytest.mark.parametrize(
    ("origin", "target", "fits"),
    [
        ("redis 7.0.15", "redis 7.0.4", True),
        ("redis 7.0.15", "valkey 9.1.2", True),
        ("redis 7.2.4", "redis 7.0.15", False),
        ("redis 7.2.4", "valkey 8.1.0", True),
        ("valkey 8.1.0", "redis 7.2.4", True),
        ("valkey 9.1.2", "valkey 9.0.0", True),
        ("valkey 9.1.2", "valkey 8.1.0", False),
        ("valkey 9.1.2", "redis 8.0.0", False),
        ("redis 8.0.0", "valkey 9.1.2", False),
    ],
)
def test_keys_go_to_servers_that_read_them(origin: str, target: str, fits: bool) -> None:
    assert (unfit(written_by(origin), origin, target) is None) == fits


@pytest.fixture
def held(cache: Valkey, admin: redis.Redis, place: FolderPlace) -> BackupManifest:
    """A copy of the library, and `cache` with one key as the target of a restore that must not touch it."""
    fill(admin)
    return copied(place, cache)


def test_keys_that_are_there_stay_unless_somebody_says_otherwise(
    held: BackupManifest, place: FolderPlace, target: Valkey
) -> None:
    with target.admin() as client:
        client.set("mine", "x")
        with pytest.raises(AskedError, match=r"the cache desk has 1 keys: `--replace` removes them"):
            restore(place, held, "desk", nodes(target))
        assert client.keys() == ["mine"]
        done = restore(place, held, "desk", nodes(target), replace=True)
        assert (done.removed, done.differences, client.exists("mine")) == (1, (), 0)


def test_a_cache_that_the_backup_has_not(held: BackupManifest, place: FolderPlace, target: Valkey) -> None:
    with pytest.raises(AskedError, match="has no cache `counter`: desk"):
        restore(place, held, "counter", nodes(target))


@pytest.mark.skipif("redis" not in ENGINES, reason="there is no Debian Redis here")
def test_an_older_server_is_refused_with_what_would_do(
    held: BackupManifest, place: FolderPlace, server_of: Callable[[str], Valkey]
) -> None:
    old = server_of("redis")
    with old.admin() as client:
        client.flushall()
        client.set("mine", "x")
        with pytest.raises(
            AskedError, match=r"of valkey 9.* redis 7.* does not read .*restore it into Valkey 9.0 or later"
        ):
            restore(place, held, "desk", nodes(old), replace=True)
        assert client.keys() == ["mine"]


def test_no_room_is_asked_before(held: BackupManifest, place: FolderPlace, target: Valkey) -> None:
    with target.admin() as client:
        client.set("mine", "x")
        needed = held.caches["desk"].memory or 0
        # Enough for the keys alone, and not for the server with them.
        client.config_set("maxmemory", needed + client.info("memory")["used_memory_startup"] - 1)
        said = rf"the keys took {needed} bytes, and desk has room for {needed - 1} \(maxmemory, less what it takes"
        with pytest.raises(AskedError, match=said):
            restore(place, held, "desk", nodes(target), replace=True)
        assert client.keys() == ["mine"]


def test_a_target_that_is_full_in_the_middle_is_said(held: BackupManifest, place: FolderPlace, target: Valkey) -> None:
    blind = held.model_copy(update={"caches": {"desk": held.caches["desk"].model_copy(update={"memory": None})}})
    with target.admin() as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 200_000)
        with pytest.raises(KeepError, match=r"desk is full \(maxmemory\): .*run it again with --replace"):
            restore(place, blind, "desk", nodes(target))


def test_a_target_that_evicts_what_was_brought_is_said(
    cache: Valkey, admin: redis.Redis, place: FolderPlace, target: Valkey
) -> None:
    """It takes every key, and loses others for it: no refusal, and no cache that is as it was."""
    for number in range(600):
        admin.set(f"loan:{number}", "x" * 3000)
    made = copied(place, cache)
    blind = made.model_copy(update={"caches": {"desk": made.caches["desk"].model_copy(update={"memory": None})}})
    with target.admin() as client:
        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 1_500_000)
        with pytest.raises(KeepError, match=r"desk is too small \(maxmemory\): it has evicted \d+ keys .*--replace"):
            restore(place, blind, "desk", nodes(target))


def test_a_target_with_fewer_databases(held: BackupManifest, place: FolderPlace) -> None:
    said = "desk has no database 15, as the copy has: ERR DB index is out of range"
    with server("valkey", "--databases", "4") as small, pytest.raises(AskedError, match=said):
        restore(place, held, "desk", nodes(small))


def test_a_value_that_no_restore_takes(
    held: BackupManifest, place: FolderPlace, target: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keep.redis.target.LONGEST", 10_000)
    with target.admin() as client:
        client.set("mine", "x")
        with pytest.raises(AskedError, match=r"the value of a key like \S+ has \d+ bytes, more than RESTORE takes"):
            restore(place, held, "desk", nodes(target), replace=True)
        assert client.keys() == ["mine"]


@pytest.mark.parametrize("at", [9, 200, 5000, -300, -40])
def test_a_damaged_copy_touches_nothing(
    held: BackupManifest, place: FolderPlace, target: Valkey, tmp_path: object, at: int
) -> None:
    path = tmp_path / "backups" / held.id / held.caches["desk"].objects[0]  # type: ignore[operator]
    data = bytearray(path.read_bytes())
    data[at] ^= 16
    path.write_bytes(data)
    with target.admin() as client:
        client.set("mine", "x")
        with pytest.raises(DamagedError, match="is damaged"):
            restore(place, held, "desk", nodes(target), replace=True)
        assert client.keys() == ["mine"]


RULES = "on ~* -@all +info +scan +select +time +ping +client +memory|usage +multi +exec +pexpiretime +dump +role"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (RULES.replace("~*", "~loan:*"), r"the copy of keys like .* is refused: .*NOPERM.*\+dump, and ~\* or %R~\*"),
        (RULES.replace("+dump", "-dump"), r"the copy of keys like .*'dump' command"),
        (RULES.replace("+scan", "-scan"), r"the copy is refused: .*'scan' command"),
    ],
)
def test_a_copy_that_lacks_keys_is_none(
    cache: Valkey, admin: redis.Redis, place: FolderPlace, rules: str, said: str
) -> None:
    fill(admin)
    admin.execute_command("ACL", "SETUSER", "clerk", "reset", *rules.split(), ">of-a-test")
    clerk = KeysSource(name="desk", nodes=redis_nodes(url(cache, "clerk", "of-a-test")), spaces=LIBRARY)
    with pytest.raises(KeepError, match=said):
        create(Sources(caches=(clerk,)), place)
    assert (ids(place), list(place.found())) == ([], [])
    admin.execute_command("ACL", "DELUSER", "clerk")


def test_the_least_rights_that_a_copy_takes(cache: Valkey, admin: redis.Redis, place: FolderPlace) -> None:
    fill(admin)
    admin.execute_command("ACL", "SETUSER", "clerk", "reset", *RULES.replace("~*", "%R~*").split(), ">of-a-test")
    clerk = KeysSource(name="desk", nodes=redis_nodes(url(cache, "clerk", "of-a-test")), spaces=LIBRARY)
    with pytest.raises(KeepError, match="keys like"):
        create(Sources(caches=(clerk,)), place)  # no pattern matches the empty key: only `allkeys` lets one see it
    admin.delete("")
    assert create(Sources(caches=(clerk,)), place).caches["desk"].keys == 65
    admin.execute_command("ACL", "DELUSER", "clerk")


class Interrupted:
    """Lets something happen when so many batches were sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int, happens: Callable[[], None]) -> None:
        sent, count = Wire.send, 0

        def send(wire: Wire, commands: bytes | memoryview) -> None:
            nonlocal count
            count += 1
            if count == after:
                happens()
            sent(wire, commands)

        monkeypatch.setattr(Wire, "send", send)


def broken() -> None:
    raise WireError("the connection broke: a test")


@pytest.mark.parametrize("after", [1, 4, 8, 12])
def test_a_connection_that_breaks_once_costs_nothing(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    fill(admin)
    with monkeypatch.context() as patched:
        Interrupted(patched, after, broken)
        made = copied(place, cache)
    assert made.caches["desk"].keys == 66
    assert restore(place, made, "desk", nodes(target)).differences == ()


def test_a_restore_that_breaks_off_is_run_again(
    held: BackupManifest, place: FolderPlace, target: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keep.redis.target.MOST", 5)
    with monkeypatch.context() as patched:
        Interrupted(patched, 6, broken)
        with pytest.raises(KeepError, match=r"the cache desk could not be restored: the connection broke"):
            restore(place, held, "desk", nodes(target))
    with pytest.raises(AskedError, match="`--replace`"):
        restore(place, held, "desk", nodes(target))
    assert restore(place, held, "desk", nodes(target), replace=True).differences == ()


@pytest.mark.parametrize("held", [True, False])
def test_a_value_that_takes_a_server_long_is_waited_for(
    cache: Valkey,
    admin: redis.Redis,
    target: Valkey,
    place: FolderPlace,
    monkeypatch: pytest.MonkeyPatch,
    held: bool,
) -> None:
    """Hundreds of MB take more than the 5 s of a question, by DUMP and by RESTORE."""
    waits: dict[bytes, set[float | None]] = {b"DUMP": set(), b"RESTORE": set()}
    send = Wire.send

    def watched(wire: Wire, commands: bytes | memoryview) -> None:
        for word, seen in waits.items():
            if b"\r\n%b\r\n" % word in bytes(commands):
                seen.add(wire._socket.gettimeout())
        send(wire, commands)

    monkeypatch.setattr(Wire, "send", watched)
    if not held:
        monkeypatch.setattr("keep.redis.target.BATCH", 10)
    admin.set("large", "x" * 50)
    assert restore(place, copied(place, cache), "desk", nodes(target)).differences == ()
    assert waits == {b"DUMP": {60}, b"RESTORE": {60}}


def test_a_server_that_dies_leaves_no_copy(place: FolderPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as dying, dying.admin() as client:
        fill(client)
        Interrupted(monkeypatch, 6, lambda: client.shutdown(nosave=True))
        with pytest.raises(KeepError, match="the cache desk could not be read: "):
            copied(place, dying)
    assert (ids(place), list(place.found())) == ([], [])
    with pytest.raises(KeepError, match="the cache desk does not answer"):
        copied(place, dying)


def test_a_replica_is_read_and_when_it_dies_the_primary_goes_on(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(admin)
    password = admin.get_connection_kwargs()["password"]
    options = ("--replicaof", "127.0.0.1", str(cache.port), "--masteruser", "acl-admin", "--masterauth", password)
    with server("valkey", *options) as copy, copy.admin() as second:
        until = time.monotonic() + 20
        while second.info("replication")["master_link_status"] != "up" and time.monotonic() < until:
            time.sleep(0.05)
        admin.config_resetstat()
        both = create(Sources(caches=(source(cache, copy),)), place)
        assert "cmdstat_dump" not in admin.info("commandstats")
        Interrupted(monkeypatch, 6, lambda: second.shutdown(nosave=True))
        fallen = create(Sources(caches=(source(cache, copy),)), place)
    assert "cmdstat_dump" in admin.info("commandstats")
    for made in (both, fallen):
        assert made.caches["desk"].keys == 66
        assert restore(place, opened(place, made.id), "desk", nodes(target), replace=True).differences == ()


@pytest.fixture(scope="module")
def cluster() -> object:
    """Two shards."""
    options = [("--cluster-enabled", "yes", "--cluster-port", str(free_port())) for _ in range(2)]
    with ExitStack() as stack:
        one, two = (stack.enter_context(server("valkey", *each)) for each in options)
        first, second = (stack.enter_context(each.admin()) for each in (one, two))
        first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 8191)
        second.execute_command("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
        first.execute_command("CLUSTER", "MEET", "127.0.0.1", two.port, options[1][-1])
        until = time.monotonic() + 20
        while time.monotonic() < until and not all(
            "cluster_state:ok" in str(each.execute_command("CLUSTER", "INFO"))
            and len(each.execute_command("CLUSTER", "SHARDS")) == 2
            for each in (first, second)
        ):
            time.sleep(0.05)
        yield (one, first, second)


def test_a_cluster_is_copied_shard_by_shard_and_filled_slot_by_slot(
    cluster: tuple[Valkey, redis.Redis, redis.Redis], cache: Valkey, admin: redis.Redis, place: FolderPlace
) -> None:
    one, first, second = cluster
    for number in range(120):
        key = f"loan:{number}"
        (second if slot_of(key.encode()) > 8191 else first).set(key, "x", px=86_400_000)
    spaces = Spaces(dict(LIBRARY.declared), cache="desk", clustered=True)
    made = copied(place, one, spaces=spaces)
    assert made.caches["desk"].keys == 120
    assert restore(place, made, "desk", nodes(cache)).differences == ()
    done = restore(place, made, "desk", nodes(one), replace=True)
    assert (done.removed, done.keys, done.differences) == (120, 120, ())
    admin.execute_command("SELECT", 3)
    admin.set("x", "y")
    admin.execute_command("SELECT", 0)
    with pytest.raises(AskedError, match="keys in database 3, and desk is in cluster mode"):
        restore(place, copied(place, cache), "desk", nodes(one), replace=True)
    assert first.dbsize() + second.dbsize() == 120
    with pytest.raises(AskedError, match=r"in cluster mode, .* leave out `--form rdb`"):
        create(Sources(caches=(FileSource(name="desk", nodes=nodes(one), spaces=spaces),)), place)


def test_slots_that_move_meanwhile_make_no_copy(
    cluster: tuple[Valkey, redis.Redis, redis.Redis], place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keep.redis import keys

    found, calls = keys.shards, 0

    def moved(*args: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        made = found(*args, **more)  # type: ignore[arg-type]
        return made if calls == 1 else (*made[:-1], dataclasses.replace(made[-1], slots=bytes(16384)))

    monkeypatch.setattr(keys, "shards", moved)
    with pytest.raises(KeepError, match="slots of the cache desk have moved during the copy"):
        copied(place, cluster[0])
    assert ids(place) == []


def test_a_file_on_another_computer_s_disk_is_said(
    cache: Valkey, place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cache.admin() as client:
        folder = client.config_get("dir")["dir"]
    from keep.redis import file

    real = file._save

    def save(*args: object) -> object:
        began, taken, path = real(*args)  # type: ignore[arg-type]
        return began, taken, path.with_name("elsewhere.rdb")

    monkeypatch.setattr(file, "_save", save)
    with pytest.raises(KeepError, match=rf"cannot be read: {folder}/elsewhere.rdb: No such file .*leave out `--form"):
        create(Sources(caches=(FileSource(name="desk", nodes=nodes(cache), spaces=LIBRARY),)), place)
    assert ids(place) == []
