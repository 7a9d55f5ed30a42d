"""`datatier maintain plan` on a tier of another application: what is seen, what is not there, what is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shop import Folder

from bootstrap.postgres import master
from bootstrap.secrets import AwsStore
from maintain.look import Wanted, servers
from maintain.plan import plan

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def tier(live: Folder) -> Iterator[Folder]:
    """With a table that nobody has vacuumed."""
    manifest = live.manifest("live")
    with master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint)).conn as conn:
        conn.execute("SET ROLE shop_owner")
        conn.execute('CREATE TABLE public."Returned Goods" (id int) WITH (autovacuum_enabled = off)')
        conn.execute('INSERT INTO public."Returned Goods" SELECT g FROM generate_series(1, 30000) g')
        conn.execute('DELETE FROM public."Returned Goods" WHERE id % 2 = 0')
        conn.execute("RESET ROLE")
        conn.execute("SELECT pg_stat_force_next_flush()")
        yield live
        conn.execute("SET ROLE shop_owner")
        conn.execute('DROP TABLE public."Returned Goods"')


STATEMENT = 'VACUUM (ANALYZE, TRUNCATE off) public."Returned Goods"'


def test_what_is_planned_of_one_table(tier: Folder) -> None:
    said = tier.call("maintain", "plan", "--table", "Returned Goods", "--json")
    assert said.code == 3, said.all
    (action,) = said.json["actions"]
    assert (action["statement"], action["node"]) == (STATEMENT, "primary")
    assert "15,000 dead rows" in action["why"]
    pasted = tier.call("maintain", "plan", "--table", "Returned Goods", "--sql")
    assert f"{STATEMENT};" in pasted.out
    assert pasted.code == 3


def test_each_node_of_a_cache_says_what_its_allocator_has(tier: Folder) -> None:
    said = tier.call("maintain", "plan", "--cache", "main", "--json")
    assert (said.code, said.json["actions"]) == (0, [])
    assert len(said.json["skipped"]) == 2
    assert all("libc, has neither purge nor defragmentation" in each["why"] for each in said.json["skipped"])
    one = said.json["skipped"][0]["object"]
    alone = tier.call("maintain", "plan", "--node", one, "--json")
    assert [each["object"] for each in alone.json["skipped"]] == [one]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["--table", "returned_goods"],
            'no table `returned_goods` in the database shop. Did you mean public."Returned Goods"?',
        ),
        (["--cache", "mian"], "no cache `mian`: main; did you mean 'main'?"),
        (["--node", "replica-9"], "no node `replica-9`: primary, main/"),
        (["--sql", "--json"], "--sql and --json are two ways to print a plan: leave one out."),
        (["--identity", "nobody-knows"], "nobody-knows"),
    ],
)
def test_what_is_not_there(tier: Folder, words: list[str], why: str) -> None:
    said = tier.call("maintain", "plan", *words)
    assert said.code == 2, said.all
    assert why in said.err
    assert said.out == ""


def test_a_server_that_is_silent_does_not_hide_the_others(tier: Folder) -> None:
    manifest = tier.manifest("live")
    nowhere = manifest.postgres.primary.model_copy(update={"port": 1})
    gone = manifest.model_copy(update={"postgres": manifest.postgres.model_copy(update={"primary": nowhere})})
    seen = servers(gone, Wanted())
    made = plan(seen.databases, seen.caches, seen.skipped)
    assert (made.actions, len(seen.caches)) == ((), 2)
    assert [each.mend for each in made.skipped if each.object == "primary"] == ["datatier health"]
    said = tier.call("maintain", "plan", "--json", "--manifest", "-", stdin=gone.model_dump_json())
    assert (said.code, said.json["actions"]) == (1, []), said.all
    assert "primary" in [each["object"] for each in said.json["skipped"]]
