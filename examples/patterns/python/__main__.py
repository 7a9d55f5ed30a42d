"""Each pattern once, on the caches of the environment: `python -m examples.patterns.python collab:board-7`."""

from __future__ import annotations

import math
import sys
import time
from uuid import uuid4

from .cache_aside import USERS, CacheAside
from .presence import Presence
from .rate_limiter import PER_USER, RateLimiter
from .revocation import Revocations
from .sessions import Sessions
from .tier import connect

say = print

if len(sys.argv) != 2:
    sys.exit("Name a channel that the identity may use, as in `python -m examples.patterns.python collab:board-7`.")
channel = sys.argv[1]

main, queue = connect("main"), connect("queue")

sessions = Sessions(main)
cookie = sessions.sign_in("ann", {"role": "editor"})
say("session:", sessions.read(cookie))
sessions.sign_out_everywhere("ann")
say("session after logout everywhere:", sessions.read(cookie))

revocations = Revocations(queue)
jti, issued = str(uuid4()), time.time() + 60
revocations.revoke(jti, expires=issued + 3600)
say("revoked:", revocations.revoked(jti, issued), "another:", revocations.revoked(str(uuid4()), issued))

users = CacheAside[dict[str, str]](connect("main", database=USERS.database), USERS)
say("loaded:", users.get(lambda: {"name": "Ann"}, id="1"))
say("cached:", users.get(lambda: {"name": "not asked"}, id="1"))
users.forget(id="1")

limiter = RateLimiter(main, PER_USER, limit=3, when_down="deny")
decisions = [limiter.take(user="ann", action=jti) for _ in range(4)]
say("allowed:", [each.allowed for each in decisions], "try again in:", math.ceil(decisions[-1].retry_after), "s")

room = Presence(main, channel)
room.join("ann", str(uuid4()))
while not (events := room.step(0.1)):
    pass
say("presence:", *events)
room.close()
