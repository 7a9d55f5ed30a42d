"""An application that reads and writes through a rotation of its own identity: no request fails."""

from __future__ import annotations

import pytest
from application import Application
from real_servers import Valkey
from rotation import SETTLED, stand
from tier import Tier

from bootstrap.rotate import rotate

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("grace", "ttl", "refused"),
    [
        (86400, 0.05, False),  # the secret is read anew while the grace lasts: nobody is ever refused
        (0, 3600, True),  # the old login is shut at once: who is refused reads the secret again
    ],
)
def test_no_request_fails(grace: int, ttl: float, refused: bool, settled: Tier, valkey_server: Valkey) -> None:
    app = f"{settled.name}_app"
    application = Application(settled, app, ttl=ttl)
    with application.running():
        (done,) = rotate(settled.manifest, [app], grace=grace, store=settled.store)
        if grace:
            application.await_requests(40)
            (finished,) = rotate(settled.manifest, [app], finish=True, store=settled.store)
            assert (finished.outcome, finished.notes) == ("retired", ())  # nobody's session had to be ended
    assert application.failures == []
    assert done.outcome == "rotated", done
    assert bool(application.refused) is refused
    assert application.logins == {f"{app}_a", f"{app}_b"}
    assert stand(settled, app, valkey_server) == SETTLED
    with settled.postgres.superuser(f"{settled.name}_app") as conn:
        assert conn.execute("WITH gone AS (DELETE FROM users RETURNING 1) SELECT count(*) FROM gone").fetchone() == (
            application.written,
        )
