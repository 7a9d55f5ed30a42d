"""The way back on a tier: verified at all levels, aside, some tables, and in place of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from project_folder import Project
from shop import Folder

from bootstrap.postgres import master
from bootstrap.secrets import AwsStore

pytestmark = pytest.mark.server
PLACE = "copies"


@pytest.fixture(scope="module")
def folder(live: Folder) -> Iterator[Project]:
    """The stack `live`; what is made here goes at the end."""
    yield Project(live.path)
    live.forget_copies(PLACE)


@pytest.fixture(scope="module")
def backup(folder: Project) -> str:
    return str(folder.ok("backup", "create", "--to", PLACE, "--stack", "live", "--json").json["id"])


def test_it_is_verified_with_its_access_on_a_server_of_its_own(folder: Project, backup: str) -> None:
    """By logins with passwords that nobody keeps."""
    found = folder.ok("backup", "verify", backup, "--from", PLACE, "--level", "3", "--json").json
    assert found == {"id": backup, "level": 3, "ok": True, "differences": []}
    (listed,) = folder.ok("backup", "list", "--from", PLACE, "--json").json
    assert listed["verified"] == 3


def test_it_goes_aside_and_the_tier_stays_as_it_is(folder: Project, backup: str) -> None:
    done = folder.ok("backup", "restore", backup, "--from", PLACE, "--stack", "live", "--json").json
    assert re.fullmatch(r"\w+_restored_\d{8}_\d{6}", done["database"])
    assert (done["id"], done["notes"], done["before"]) == (backup, [], None)
    assert [each["name"] for each in done["phases"]] == [
        *("roles", "restore", "prove", "statistics", "migrations", "access", "serve"),
    ]
    assert folder.ok("access", "plan", "--stack", "live").out == "nothing differs\n"


def test_a_login_that_somebody_has_shut_out_is_not_let_in_by_a_restore(
    live: Folder, folder: Project, backup: str
) -> None:
    """Roles are the server's: what a restore aside does must not reach those who use it."""
    manifest = live.manifest("live")
    with master.look(manifest.postgres, AwsStore(manifest.region, manifest.aws_endpoint)).conn as conn:
        conn.execute("ALTER ROLE shop_reporting_a NOLOGIN CONNECTION LIMIT 1")
        try:
            done = folder.ok("backup", "restore", backup, "--from", PLACE, "--stack", "live", "--json").json
            row = conn.execute("SELECT rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = 'shop_reporting_a'")
            assert row.fetchone() == (False, 1)
        finally:
            folder.ok("access", "apply", "--stack", "live", "--yes")
    (note,) = done["notes"]
    assert note.startswith('roles of the server are not as declared: ALTER ROLE "shop_reporting_a" LOGIN; ')


def test_it_takes_the_place_of_the_database_when_somebody_says_so(folder: Project, backup: str) -> None:
    words = ("backup", "restore", backup, "--from", PLACE, "--stack", "live", "--replace")
    asked = folder.run(*words)
    assert (asked.code, "Nobody can be asked here: say --yes." in asked.err) == (2, True)
    done = folder.ok(*words, "--yes", "--json").json
    assert re.fullmatch(rf"{done['database']}_before_\d{{8}}_\d{{6}}", done["before"])
    assert folder.ok("access", "plan", "--stack", "live").out == "nothing differs\n"
    assert folder.ok("access", "verify", "--stack", "live").code == 0
    assert folder.ok("schema", "check", "--stack", "live").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nothing", "--from", PLACE), "has no backup `nothing`"),
        (("{backup}", "--from", PLACE, "--table", "public.nothing"), "the backup has no table public.nothing"),
        (("{backup}", "--from", PLACE, "--table", "a.b", "--replace", "--yes"), "--table and --replace contradict"),
        (("{backup}", "--from", "elsewhere"), "there is no folder"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    folder: Project, backup: str, words: tuple[str, ...], sentence: str
) -> None:
    said = folder.run("backup", "restore", *(each.format(backup=backup) for each in words), "--stack", "live")
    assert (said.code, sentence in " ".join(said.err.split())) == (2, True), said.err
