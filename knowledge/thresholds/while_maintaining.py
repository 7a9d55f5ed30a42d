"""What maintenance may do to others before it stops: the numbers it watches itself by."""

from __future__ import annotations

BLOCKED_SECONDS = 5.0
"""A session that waits so long for maintenance has it break off: a tenth of what gateways give a request (60 s: nginx,
proxy_read_timeout; a load balancer's idle timeout on AWS), so that nobody's request fails of it."""
LAG_SECONDS = 10.0
"""A replica that is so far behind has it break off. Twice the 5 s from which PGHero warns and `health` does, so that a
pause of the network is no reason yet; far from the minute that readers notice."""
LOCK_SECONDS = 2.0
"""How long it waits for a lock: whoever queues behind a waiting lock waits as long (PostgreSQL, Explicit Locking).
GitLab begins with 0.1 s and goes up to seconds, many times over, for the same reason (its WithLockRetries)."""
SNAPSHOT_SECONDS = 60.0
"""How long a statement that is CONCURRENTLY waits for the transactions that are older than it. The wait counts against
lock_timeout (`VirtualXactLock` of lmgr/lock.c), holds up nobody but DDL on that table, and cannot be told from the wait
for its first lock: with two seconds an index of an hour would be thrown away by one report that is under way."""
TRIES = 3
"""How often an action is begun whose lock was not had, before the next one has its turn."""
PAUSE_SECONDS = 5.0
"""Between two tries, so that whoever waited behind it gets through."""
AGAIN_SECONDS = 12.0
"""Before what was left has another turn: a replica says every 10 s how far it is (wal_receiver_status_interval), before
which VACUUM keeps the rows that died since."""
PASSING_SECONDS = 60.0
"""How long it waits for trouble to pass before it leaves the rest to the next run."""
LOOK_SECONDS = 1.0
"""Between two looks at the servers."""
BLIND_SECONDS = 10.0
"""Without a look at the primary for so long it stops: it would not see what it does."""
