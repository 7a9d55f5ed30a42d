"""An application under load: pools whose connections live a while, and a secret that is cached until it fails.

As AWS's caching client does it: the secret is read once and again when it is older than its time to live, or when a
login is refused. A request that fails for any other reason is a failure.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tier import Tier

from bootstrap.secrets import AwsStore, Credential, LoginError, open_postgres, open_redis

_LIFETIME = 0.1
"""Seconds that a connection is used: five minutes in an application, whose grace is a day."""


class Application:
    """Reads and writes from several threads until told to stop."""

    def __init__(self, tier: Tier, identity: str, *, ttl: float) -> None:
        self._tier = tier
        self._store = AwsStore(tier.manifest.region, tier.endpoint)
        self._identity = identity
        self._ttl = ttl
        self._lock = threading.Lock()
        self._cached: tuple[float, Credential] | None = None
        self._stop = threading.Event()
        self.failures: list[str] = []
        self.requests = {"postgres": 0, "redis": 0}
        self._sessions: Counter[str] = Counter()
        self.written = 0
        self.logins: set[str] = set()
        self.refused = 0

    @contextmanager
    def running(self, threads: int = 2) -> Iterator[None]:
        workers = [threading.Thread(target=self._serve, args=(k,)) for k in (self._sql, self._keys) * threads]
        for worker in workers:
            worker.start()
        try:
            self.await_requests(20)
            yield
            self.await_requests(40)
        finally:
            self._stop.set()
            for worker in workers:
                worker.join()

    def await_requests(self, more: int) -> None:
        """Wait until each kind has served that many more, or something failed."""
        self._await(self.requests, more)

    def await_sessions(self, more: int = 2) -> None:
        """Wait until each thread has opened that many more sessions, or something failed.

        A thread may have read the secret just before and log in only now; with the session after that it is past it.
        """
        self._await(self._sessions, more)

    def _await(self, counts: dict[str, int], more: int) -> None:
        goals = {each: done + more for each, done in counts.items()}
        until = time.monotonic() + 60
        while any(counts[each] < goal for each, goal in goals.items()) and not self.failures:
            assert time.monotonic() < until, counts
            time.sleep(0.01)

    def _opened(self) -> None:
        with self._lock:
            self._sessions[threading.current_thread().name] += 1

    def _serve(self, kind: Callable[[Credential], None]) -> None:
        while not self._stop.is_set():
            try:
                try:
                    kind(self._credential())
                except LoginError as error:
                    if not error.refused:
                        raise
                    self.refused += 1
                    kind(self._credential(fresh=True))
            except Exception as error:
                self.failures.append(f"{type(error).__name__}: {error}")
                return

    def _credential(self, *, fresh: bool = False) -> Credential:
        with self._lock:
            if fresh or self._cached is None or time.monotonic() - self._cached[0] > self._ttl:
                version = self._store.get(self._tier.manifest.secrets[self._identity])
                assert version
                self._cached = (time.monotonic(), version.credential)
            return self._cached[1]

    def _sql(self, credential: Credential) -> None:
        target = self._tier.manifest.postgres
        assert credential.username
        assert credential.password
        with open_postgres(target, target.primary, credential.username, credential.password) as conn:
            self.logins.add(credential.username)
            self._opened()
            for _ in self._while_it_lives():
                conn.execute("INSERT INTO users (email) VALUES ('a')")
                conn.execute("SELECT count(*) FROM events JOIN users ON users.id = user_id")
                with self._lock:
                    self.written += 1
                    self.requests["postgres"] += 1

    def _keys(self, credential: Credential) -> None:
        (cache,) = self._tier.manifest.caches.values()
        assert credential.redis_password
        with open_redis(cache, cache.nodes[0], credential.redis_username, credential.redis_password) as client:
            self._opened()
            for _ in self._while_it_lives():
                client.set("cache:load", "x")
                assert client.get("cache:load") == "x"
                with self._lock:
                    self.requests["redis"] += 1

    def _while_it_lives(self) -> Iterator[None]:
        until = time.monotonic() + _LIFETIME
        while time.monotonic() < until and not self._stop.is_set():
            yield
