"""`datatier queries` on a tier: who looks, who ends, whose plan it is, and that nobody's ACL LOG notices."""

from __future__ import annotations

import psycopg
import pytest
from project_folder import Project

from cli.queries_target import aimed, words_of
from knowledge.thresholds.threshold import Status
from observe.observation import Finding, Observed
from observe.postgres.blocked import BLOCKED


@pytest.mark.parametrize(
    ("node", "mend", "said"),
    [
        ("primary", "datatier queries kill 7", "datatier queries kill 7 -s prod -d 'my shop'"),
        (
            "standby",
            "datatier queries kill 7 --cancel",
            "datatier queries kill 7 --cancel --node standby -s prod -d 'my shop'",
        ),
        ("standby", "datatier queries sessions", "datatier queries sessions -s prod -d 'my shop'"),
        (
            "primary",
            "datatier queries kill 7, unless it matters",
            "datatier queries kill 7 -s prod -d 'my shop', unless it matters",
        ),
        ("primary", "ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED 'x'"),
        ("primary", "", ""),
    ],
)
def test_a_mend_that_is_a_command_means_the_servers_that_were_asked(node: str, mend: str, said: str) -> None:
    finding = Finding(check="x", status=Status.WARN, message="y", mend=mend)
    observed = Observed(node=node, observation=BLOCKED, rows=(), findings=(finding,))
    ((found,),) = (each.findings for each in aimed([observed], words_of("prod", None, "my shop")))
    assert found.mend == said


def test_words_name_no_url_and_no_standard_input() -> None:
    assert words_of(None, None, None) == ""
    assert words_of(None, "-", None) == ""
    assert words_of(None, "prod.json", None) == " -m prod.json"


def test_a_session_of_the_application_is_seen_planned_for_and_ended(tier: Project) -> None:
    env = tier.ok("env", "--reveal", "--json").json
    with psycopg.connect(
        host=env["POSTGRES_HOST"],
        port=env["POSTGRES_PORT"],
        dbname=env["POSTGRES_DB"],
        user=env["POSTGRES_USER"],
        password=env["POSTGRES_PASSWORD"],
        application_name="till",
        autocommit=True,
    ) as conn:
        conn.execute("BEGIN")
        conn.execute("SELECT count(*) FROM users")
        pid = conn.info.backend_pid
        rows = tier.ok("queries", "long", "--json").json["rows"]
        (row,) = [row for row in rows if row["pid"] == pid]
        assert (row["node"], row["application"], row["state"]) == ("primary", "till", "idle in transaction")
        assert row["idle_timeout_seconds"] == 60
        # By whoever may look, which is not enough to end it.
        refused = tier.run("queries", "kill", str(pid), "--yes", "--identity", "clinic_monitoring")
        assert (refused.code, "GRANT pg_signal_backend TO" in refused.err) == (2, True)
        assert tier.ok("queries", "kill", str(pid), "--yes").out.startswith(f"ended session {pid} (clinic_app_")
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT 1")
    # The one who looks may not read tables; the application may.
    planned = tier.ok("queries", "explain", "-q", "SELECT * FROM users WHERE email = $1")
    assert " on public.users " in planned.out  # by one of two indexes that are alike
    denied = tier.run("queries", "explain", "-q", "SELECT * FROM users", "--identity", "clinic_monitoring")
    assert (denied.code, "explain it as who runs it" in denied.err) == (2, True)


def test_what_the_watcher_of_a_cache_may_not_ask_is_not_asked(tier: Project) -> None:
    def denied() -> list[str]:
        said = tier.ok("redis-cli", "clinic_monitoring", "main", "--", "INFO", "stats").out
        return [line for line in said.splitlines() if line.startswith("acl_access_denied")]

    before = denied()
    answer = tier.ok("queries", "slowlog", "main", "--json").json
    assert denied() == before
    assert {(each["check"], each["status"]) for each in answer["findings"] if each["status"] != "ok"} == {
        ("slowlog", "skipped")
    }
    assert "slowlog|get among the commands of clinic_monitoring" in answer["findings"][0]["mend"]
    assert answer["commands"] != []
    clients = tier.ok("queries", "clients", "main", "--json").json["rows"]
    assert "clinic_monitoring" in {row["user"] for row in clients}
    wrong = tier.run("queries", "clients", "mane")
    assert (wrong.code, "no cache `mane`: main, queue. Did you mean `main`?" in " ".join(wrong.err.split())) == (
        2,
        True,
    )
