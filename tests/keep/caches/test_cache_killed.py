"""SIGKILL at random moments of a cache's copy and of its way back, and copies beside somebody who writes all the time.

`DATATIER_KILLS=100` for more moments, `DATATIER_SEED` for others.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from cache_servers import digest, fill, nodes, source
from real_servers import Valkey

from keep.backup.create import Sources, create
from keep.backup.listing import ids
from keep.backup.verify import verify
from keep.place.folder import FolderPlace
from keep.redis.restore import restore
from keep.redis.verify import read_through

pytestmark = pytest.mark.server
KILLS = int(os.environ.get("DATATIER_KILLS", "6"))
RANDOM = random.Random(int(os.environ.get("DATATIER_SEED", "1")))


def killed(work: Callable[[], object], longest: float) -> bool:
    """Have a process of its own do it and kill that; return whether it had come to its end."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    time.sleep(RANDOM.random() * longest)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def taken(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_a_killed_copy_looks_whole_only_if_it_is(cache: Valkey, admin: redis.Redis, place: FolderPlace) -> None:
    fill(admin)
    was = digest(admin)
    longest = taken(lambda: create(Sources(caches=(source(cache),)), place))
    ended = sum(killed(lambda: create(Sources(caches=(source(cache),)), place), longest) for _ in range(KILLS))
    assert len(ids(place)) >= 1 + ended
    for each in ids(place):
        assert verify(place, each, [read_through]).differences == ()
    again = create(Sources(caches=(source(cache),)), place)
    assert (again.caches["desk"].keys, digest(admin)) == (66, was)


def test_a_killed_restore_is_run_again(cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace) -> None:
    fill(admin)
    made = create(Sources(caches=(source(cache),)), place)
    longest = taken(lambda: restore(place, made, "desk", nodes(target)))
    for _ in range(KILLS):
        killed(lambda: restore(place, made, "desk", nodes(target), replace=True), longest)
    done = restore(place, made, "desk", nodes(target), replace=True)
    with target.admin() as client:
        assert (done.differences, digest(client)) == ((), digest(admin))


@contextmanager
def writing(of: Valkey) -> Iterator[None]:
    """Somebody makes, changes and deletes keys, and the server's table grows and shrinks."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        with of.admin() as client:
            while not stop.wait(0.005):
                with client.pipeline(transaction=False) as pipe:
                    for _ in range(100):
                        number += 1
                        pipe.set(f"passing:{number % 3000}", "x" * (number % 90), px=5 + number % 40)
                        pipe.delete(f"passing:{(number * 7) % 3000}")
                        pipe.rpush("growing", number)
                    pipe.execute()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_keys_that_are_there_all_the_time_are_in_a_copy_beside_writers(
    cache: Valkey, admin: redis.Redis, target: Valkey, place: FolderPlace
) -> None:
    with admin.pipeline(transaction=False) as pipe:
        for number in range(3000):
            pipe.set(f"loan:{number}", f"{number}", px=86_400_000 + number)
        pipe.execute()
    with writing(cache):
        made = create(Sources(caches=(source(cache),)), place)
    copy = made.caches["desk"]
    assert (copy.keys or 0) >= 3001
    assert copy.began_at < copy.taken_at
    done = restore(place, made, "desk", nodes(target))
    assert (done.differences, done.keys + done.expired) == ((), copy.keys)
    with target.admin() as client, admin.pipeline(transaction=False) as pipe:
        names = [f"loan:{number}" for number in range(3000)]
        assert client.mget(names) == [str(number) for number in range(3000)]
        for name in names:
            pipe.pexpiretime(name)
        lives = pipe.execute()
        with client.pipeline(transaction=False) as there:
            for name in names:
                there.pexpiretime(name)
            assert there.execute() == lives
        # A list that grew meanwhile is as it was at one moment: all from the first on, none left out.
        grown = [int(each) for each in client.lrange("growing", 0, -1)]
        assert grown == list(range(1, len(grown) + 1))
