"""A database comes back from a backup whole and proved, or not at all."""

from __future__ import annotations

import re
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from restoring import backup, databases, of_the_database, roles, schema_of, target
from rich_database import DATABASE, MAJORS, Library, bare

from keep.backup.restore import Wish, restore
from keep.backup.verify import verify
from keep.backup.verify_archive import read_through
from keep.backup.verify_restored import ScratchServer, restored
from keep.errors import AskedError, DamagedError, KeepError
from keep.manifest import BackupManifest
from keep.place.folder import FolderPlace
from keep.postgres.unfinished import unfinished
from local.postgres.binaries import client

pytestmark = pytest.mark.server

Kept = tuple[FolderPlace, BackupManifest]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def kept(newest: Library, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A backup of the library on the newest server; nobody changes it."""
    return backup(newest, tmp_path_factory.mktemp("kept"))


@pytest.fixture
def fresh(newest: Library) -> Iterator[str]:
    """The name of a database that is not there; gone afterwards, as all that its name begins."""
    yield "shelf"
    with newest.connect(database="postgres") as conn:
        for name in [each for each in databases(newest) if each.startswith("shelf")]:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_all_of_it_comes_back_on_each_major_version(each_library: Library, tmp_path: Path) -> None:
    """By pg_dump's own word, which knows nothing of the proof; and by the proof."""
    place, made = backup(each_library, tmp_path)
    try:
        done = restore(place, made, Wish(server=target(each_library), name="came_back"))
        assert made.postgres is not None
        assert (done.database, done.tables, done.rows, done.notes, done.before) == (
            "came_back", made.postgres.tables, made.postgres.rows, [], None,
        )  # fmt: skip
        assert list(done.seconds) == ["roles", "restore", "prove", "statistics", "serve"]
        assert schema_of(each_library, "came_back") == schema_of(each_library, DATABASE)
        assert of_the_database(each_library, "came_back") == of_the_database(each_library, DATABASE)
        # A database without them is as slow as if it had no indexes.
        assert each_library.ask("SELECT reltuples::int FROM pg_class WHERE relname = 'title'", "came_back") == 40
    finally:
        each_library.execute("DROP DATABASE IF EXISTS came_back WITH (FORCE)", "postgres")


def test_a_database_comes_back_whatever_its_name_is(newest: Library, fresh: str, tmp_path: Path) -> None:
    """psql's own commands name it in another way than SQL does, and a URL in a third one."""
    name = """it's-a "shop" of 50 %"""
    ident = '"' + name.replace('"', '""') + '"'
    newest.execute(f"CREATE DATABASE {ident} OWNER warden", "postgres")
    try:
        newest.execute(f"COMMENT ON DATABASE {ident} IS E'of;\\n\\n-- the\\nSET town'", "postgres")
        newest.execute(f"ALTER DATABASE {ident} SET search_path = 'a b', public; CREATE TABLE t ()", quote(name))
        place, made = backup(newest, tmp_path, quote(name))
        assert str(made.source) == f"{name} of 127.0.0.1:{newest.port}"
        restore(place, made, Wish(server=target(newest), name=fresh))
        assert of_the_database(newest, fresh) == of_the_database(newest, quote(name))
    finally:
        newest.execute(f"DROP DATABASE {ident} WITH (FORCE)", "postgres")


def test_what_only_a_superuser_may_own_comes_back_where_its_owner_is_none(
    newest: Library, copied: str, fresh: str, tmp_path: Path
) -> None:
    """As what belongs to RDS's master, on any other server: without it every deep verification of it would fail."""
    newest.execute("CREATE ROLE chief SUPERUSER", "postgres")
    newest.execute(
        """CREATE FUNCTION lending.asked() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
           CREATE EVENT TRIGGER "As ked" ON ddl_command_end EXECUTE FUNCTION lending.asked();
           CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w;
           CREATE FOREIGN TABLE lending.away (id int) SERVER far""",
        copied,
        role="chief",
    )
    try:
        kept = backup(newest, tmp_path, copied)
        newest.execute("ALTER ROLE chief NOSUPERUSER", "postgres")
        none = "belongs to curator: only a superuser may own it, and chief is none here"
        done = restore(*kept, Wish(server=target(newest), name=fresh))
        assert done.notes == [f"foreign data wrapper w {none}", f"event trigger As ked {none}"]
        owner = "SELECT evtowner::regrole::text FROM pg_event_trigger WHERE evtname = 'As ked'"
        assert (newest.ask(owner, fresh), newest.ask(owner, copied)) == ("curator", "chief")
        assert newest.ask("SELECT srvowner::regrole::text FROM pg_foreign_server", fresh) == "chief"
    finally:
        for name in (copied, fresh):
            newest.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")
        newest.execute("DROP OWNED BY chief; DROP ROLE chief", "postgres")


def test_who_is_no_superuser_restores_as_the_owner_does(newest: Library, fresh: str, tmp_path: Path) -> None:
    """As RDS's master: it owns none of the tables, and makes extensions and schemas for the owner."""
    with newest.copy() as source:
        newest.execute(
            "ALTER TABLE lending.secret_note NO FORCE ROW LEVEL SECURITY; DROP EXTENSION vector CASCADE", source
        )
        newest.execute("DROP PUBLICATION loans; DROP EXTENSION amcheck", source)
        place, made = backup(newest, tmp_path, source)
        assert made.postgres is not None
        named = (*made.postgres.roles, "lodger")
        owned = made.model_copy(
            update={"postgres": made.postgres.model_copy(update={"owner": "warden", "roles": named})}
        )
        before = roles(newest)
        restore(place, owned, Wish(server=target(newest, "keeper"), name=None))
        assert roles(newest) == before
        done = restore(place, owned, Wish(server=target(newest, "keeper"), name=fresh))
        assert (done.rows, roles(newest)) == (made.postgres.rows, before | {"lodger"})
        newest.execute("DROP ROLE lodger", "postgres")
        bare, note = done.notes
        assert bare == "roles that nobody declares were made without login: lodger"
        assert re.fullmatch(r"not brought: ALTER ROLE desk IN DATABASE \w+ SET statement_timeout, which needs .*", note)
        assert schema_of(newest, fresh) == schema_of(newest, source)


def test_a_newer_server_takes_an_older_one_s_backup(library_of: Callable[[int], Library], tmp_path: Path) -> None:
    old, new = library_of(MAJORS[-1]), library_of(MAJORS[0])
    place, made = backup(old, tmp_path)
    try:
        done = restore(place, made, Wish(server=target(new), name="upgraded"))
        assert made.postgres is not None
        assert done.rows == made.postgres.rows
        newer = made.model_copy(update={"postgres": made.postgres.model_copy(update={"major": MAJORS[0]})})
        with pytest.raises(AskedError, match=f"backup is of PostgreSQL {MAJORS[0]} and the server has {MAJORS[-1]}"):
            restore(place, newer, Wish(server=target(old), name="never"))
        assert "never" not in databases(old)
    finally:
        new.execute("DROP DATABASE IF EXISTS upgraded WITH (FORCE)", "postgres")


def test_an_empty_database_gives_its_name_and_one_with_something_in_it_does_not(
    newest: Library, kept: Kept, fresh: str
) -> None:
    newest.execute(f"CREATE DATABASE {fresh} TEMPLATE template0", "postgres")
    before = databases(newest)
    assert restore(*kept, Wish(server=target(newest), name=fresh)).before is None
    assert databases(newest) == before
    assert newest.ask("SELECT count(*) FROM lending.title", fresh) == 40
    with pytest.raises(AskedError, match=f"there is a database {fresh} with something in it: .* --replace"):
        restore(*kept, Wish(server=target(newest), name=fresh))
    assert databases(newest) == before


def test_a_live_database_steps_aside_at_once_and_keeps_its_rows(newest: Library, kept: Kept, fresh: str) -> None:
    newest.execute(f"CREATE DATABASE {fresh} TEMPLATE template0", "postgres")
    newest.execute("CREATE TABLE alive (id integer); INSERT INTO alive VALUES (1)", fresh)
    with newest.connect(database=fresh) as application:
        done = restore(*kept, Wish(server=target(newest), name=fresh, replace=True))
        with pytest.raises(psycopg.OperationalError):
            application.execute("SELECT 1")
    assert done.before is not None
    assert done.before.startswith(f"{fresh}_before_")
    assert newest.ask("SELECT count(*) FROM alive", done.before) == 1
    assert newest.ask("SELECT count(*) FROM lending.title", fresh) == 40
    with pytest.raises(AskedError, match="no database never to be replaced"):
        restore(*kept, Wish(server=target(newest), name="never", replace=True))


def test_a_prepared_transaction_keeps_a_database_in_place(newest: Library, kept: Kept, fresh: str) -> None:
    """It holds what no session holds: the renaming waits in vain, and all is as it was."""
    newest.execute(f"CREATE DATABASE {fresh} TEMPLATE template0", "postgres")
    newest.execute("CREATE TABLE alive (id integer)", fresh)
    newest.execute("BEGIN; INSERT INTO alive VALUES (1); PREPARE TRANSACTION 'half'", fresh)
    before = databases(newest)
    try:
        with pytest.raises(KeepError, match=f"{fresh} could not be put in place: .*being accessed"):
            restore(*kept, Wish(server=target(newest), name=fresh, replace=True))
    finally:
        newest.execute("COMMIT PREPARED 'half'", fresh)
    assert databases(newest) == before
    assert newest.ask("SELECT count(*) FROM alive", fresh) == 1


def test_an_extension_that_the_server_lacks_is_asked_for_first(newest: Library, kept: Kept) -> None:
    place, made = kept
    assert made.postgres is not None
    more = made.postgres.model_copy(update={"extensions": {**made.postgres.extensions, "telepathy": "1"}})
    before = databases(newest)
    with pytest.raises(AskedError, match="the server does not have telepathy, which the database needs"):
        restore(place, made.model_copy(update={"postgres": more}), Wish(server=target(newest), name="never"))
    assert databases(newest) == before


@pytest.mark.parametrize(
    ("unpacked", "restored", "tables", "refusal"),
    [
        (9000, 1 << 30, (), "the unpacked backup takes"),
        (1 << 30, 1 << 20, (), "the server's disk has 1 MiB free, and what is restored takes"),
        (1 << 30, 1 << 10, ("lending.loan",), "the server's disk has 0 MiB free"),
        (1 << 30, 9 << 20, ("lending.medium",), ""),  # some tables need what is theirs, not room for all
    ],
)
def test_room_is_asked_for_first(
    newest: Library,
    kept: Kept,
    fresh: str,
    monkeypatch: pytest.MonkeyPatch,
    unpacked: int,
    restored: int,
    tables: tuple[str, ...],
    refusal: str,
) -> None:
    of_server = str(newest.data)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: Usage(1 << 40, 0, restored if str(path) == of_server else unpacked)
    )
    before = databases(newest)
    with pytest.raises(AskedError, match=refusal) if refusal else nullcontext():
        restore(*kept, Wish(server=target(newest), name=fresh, tables=tables))
    assert databases(newest) == (before if refusal else before | {fresh})


def test_what_cannot_be_is_said_before_the_backup_is_read(
    newest: Library, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keep.backup import restore as module

    place, made = kept
    assert made.postgres is not None

    def never(*_: object) -> Path:
        raise AssertionError("it is read")

    monkeypatch.setattr(module, "unpack", never)
    newer = made.model_copy(update={"postgres": made.postgres.model_copy(update={"major": 99})})
    with pytest.raises(AskedError, match="the backup is of PostgreSQL 99"):
        restore(place, newer, Wish(server=target(newest), name="never"))
    with pytest.raises(AskedError, match=f"there is a database {DATABASE} with something in it"):
        restore(*kept, Wish(server=target(newest), name=DATABASE))


def test_a_database_that_the_server_cannot_make_says_nothing_of_the_backup(newest: Library) -> None:
    before = databases(newest)
    how = "TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'tlh_KX.UTF-8'"
    with (
        newest.connect(database="postgres") as door,
        pytest.raises(AskedError, match=rf"no database can be made there: .*locale.*; the backup's .* {how}"),
        unfinished(door, how),
    ):
        raise AssertionError("it is made")
    assert databases(newest) == before


def test_thousands_of_tables_go_into_a_server_that_locks_few(newest: Library, tmp_path: Path) -> None:
    """A proof in one transaction would lock each table and each index of it."""
    many = "DO $$ BEGIN FOR n IN 1..500 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a int UNIQUE)', n);"
    with newest.empty() as source, bare(MAJORS[0], ("max_connections=10", "max_locks_per_transaction=10")) as small:
        newest.execute(f"{many} IF n % 50 = 0 THEN COMMIT; END IF; END LOOP; END $$", source)
        place, made = backup(newest, tmp_path, source)
        assert restore(place, made, Wish(server=target(small), name=None)).tables == 500


def test_a_full_disk_is_a_sentence(newest: Library, kept: Kept, tmp_path: Path) -> None:
    from keep.place.unpacked import unpack

    place, made = kept
    assert made.postgres is not None
    stored = made.stored(made.postgres.archive)
    (tmp_path / stored.name.removesuffix(".zst")).symlink_to("/dev/full")
    with pytest.raises(KeepError, match=r"cannot be written to: No space left on device; free space there"):
        unpack(place, made.id, stored, tmp_path, made.postgres.archive_size)


def test_nothing_is_touched_by_what_is_damaged(newest: Library, tmp_path: Path) -> None:
    place, made = backup(newest, tmp_path)
    before = databases(newest), roles(newest)
    for stored in made.objects:
        path = tmp_path / made.id / stored.name
        whole = path.read_bytes()
        path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:])
        with pytest.raises(DamagedError):
            restore(place, made, Wish(server=target(newest), name="never"))
        path.write_bytes(whole)
    assert (databases(newest), roles(newest)) == before


def test_what_is_not_what_it_was_gets_no_name(newest: Library, kept: Kept) -> None:
    """A proof of other rows: as if pg_restore had lost one and said nothing."""
    from keep.backup import restore as module

    place, made = kept
    assert made.postgres is not None
    before = databases(newest)
    wrong = module.content(place, made, made.postgres.proof).replace(b'"rows": 40', b'"rows": 41', 1)
    assert wrong != module.content(place, made, made.postgres.proof)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "content", lambda *_: wrong)
        with pytest.raises(KeepError, match="what was restored is not what was copied, and is removed"):
            restore(place, made, Wish(server=target(newest), name="never"))
    assert databases(newest) == before


def test_roles_that_nobody_declares_are_made_without_login_and_go_with_a_verification(
    newest: Library, fresh: str, tmp_path: Path
) -> None:
    newest.execute("CREATE ROLE visitor LOGIN", "postgres")
    with newest.copy() as source:
        newest.execute("GRANT SELECT ON branch TO visitor", source)
        place, made = backup(newest, tmp_path, source)
        newest.execute("REVOKE ALL ON branch FROM visitor; DROP ROLE visitor", source)
    before = databases(newest), roles(newest)
    with_scratch = restored(lambda _: _here(newest))
    assert verify(place, made.id, [read_through(client), with_scratch]).differences == ()
    assert (databases(newest), roles(newest)) == before
    done = restore(place, made, Wish(server=target(newest), name=fresh))
    assert done.notes == ["roles that nobody declares were made without login: visitor"]
    assert newest.ask("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'visitor'") is False
    newest.execute("DROP OWNED BY visitor", fresh)
    newest.execute("DROP ROLE visitor", "postgres")


def _here(server: Library) -> AbstractContextManager[ScratchServer]:
    return nullcontext(ScratchServer(server=target(server)))


def test_level_2_reads_what_level_1_hashes(newest: Library, tmp_path: Path) -> None:
    """An archive that was cut when it was made is what was written, and no archive."""
    from keep import manifest as manifests
    from keep.place.sealed import seal, unsealed

    place, made = backup(newest, tmp_path)
    assert made.postgres is not None
    with unsealed(place, made.id, made.stored(made.postgres.archive)) as pieces:
        whole = b"".join(pieces)
    (tmp_path / made.id / made.postgres.archive).unlink()
    cut = seal(place, made.id, made.postgres.archive, [whole[: len(whole) * 2 // 3]])
    objects = tuple(cut if each.name == cut.name else each for each in made.objects)
    lying = made.model_copy(update={"objects": objects})
    (tmp_path / made.id / manifests.NAME).write_bytes(manifests.written(lying))
    assert verify(place, made.id).ok
    (difference,) = verify(place, made.id, [read_through(client)]).differences
    assert difference.startswith(f"pg_restore cannot read {made.id}/{cut.name}: pg_restore: error: could not read")


def test_a_place_that_fails_at_level_2_ends_pg_restore_and_says_nothing_of_the_backup(kept: Kept) -> None:
    """pg_restore waits for the rest of an archive for as long as nobody closes it."""
    place, made = kept
    assert made.postgres is not None

    class Reader:
        def __init__(self, whole: bytes) -> None:
            self._first = [whole[: len(whole) // 2]]

        def read(self, size: int = -1, /) -> bytes:
            if self._first:
                return self._first.pop()
            raise KeepError("the folder could not be read")

    class Failing(FolderPlace):
        @contextmanager
        def read(self, key: str) -> Iterator[Any]:
            with super().read(key) as source:
                yield Reader(source.read())

    with pytest.raises(KeepError, match="the folder could not be read"):
        read_through(client)(Failing(Path(place.address)), made)


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_characters_come_back_whatever_a_database_says_to_its_clients(
    newest: Library, tmp_path: Path, encoding: str
) -> None:
    """With the encoding that is set for its clients, `pg_dump -Fc` fails on the first name that it lacks."""
    name, back = f"town_{encoding.lower()}", f"town_{encoding.lower()}_again"
    names = ("Straße", "Ζάκυνθος" if encoding == "UTF8" else "é")
    with newest.connect(database="postgres") as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode())
        conn.execute(f"ALTER DATABASE {name} SET client_encoding = 'SJIS'".encode())
    try:
        with newest.connect(database=name, client_encoding="UTF8") as conn:
            conn.execute(f'CREATE TABLE "{names[0]}" ("{names[1]}" text)'.encode())
            conn.execute(f"INSERT INTO \"{names[0]}\" VALUES ('{names[1]}')".encode())
            if encoding == "SQL_ASCII":  # what is no text in any encoding
                conn.execute(f"INSERT INTO \"{names[0]}\" VALUES (E'\\xff\\xfe')".encode())
        place, made = backup(newest, tmp_path, name)
        done = restore(place, made, Wish(server=target(newest), name=back))
        assert (done.tables, done.rows) == (1, 2 if encoding == "SQL_ASCII" else 1)
        with newest.connect(database=back, client_encoding="UTF8") as conn:
            found = conn.execute(f'SELECT "{names[1]}"::bytea FROM "{names[0]}" LIMIT 1'.encode()).fetchone()
        assert found == (names[1].encode("latin1" if encoding == "LATIN1" else "utf8"),)
    finally:
        for each in (name, back):
            newest.execute(f"DROP DATABASE IF EXISTS {each} WITH (FORCE)", "postgres")
