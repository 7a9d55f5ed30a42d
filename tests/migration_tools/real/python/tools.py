"""Each tool migrates as who DATABASE_URL logs in as (`migrate`), or does a day's work at start-up (`use`).

One line of JSON for each: {"tool": ..., "ok": ..., "error": ...}.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

URL = os.environ["DATABASE_URL"]
SQLALCHEMY = URL.replace("postgresql://", "postgresql+psycopg://", 1)
ENV = """
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
with create_engine(context.config.get_main_option("url"), poolclass=NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
revision = "1"
down_revision = None
from alembic import op
def upgrade():
    op.execute("CREATE TYPE alembic_state AS ENUM ('new', 'old')")
    op.execute("CREATE TABLE alembic_things (id serial PRIMARY KEY, name text, state alembic_state DEFAULT 'new')")
"""


def alembic() -> None:
    from alembic import command
    from alembic.config import Config

    with tempfile.TemporaryDirectory(prefix="dt-tool-") as folder:
        (Path(folder) / "versions").mkdir()
        (Path(folder) / "versions" / "1.py").write_text(REVISION)
        (Path(folder) / "env.py").write_text(ENV)
        config = Config()
        config.set_main_option("script_location", folder)
        config.set_main_option("path_separator", "os")
        config.set_main_option("url", SQLALCHEMY.replace("%", "%%"))
        command.upgrade(config, "head")


def _django() -> None:
    import django
    from django.conf import settings

    where = urlsplit(URL)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": where.path.removeprefix("/"),
                "USER": where.username,
                "PASSWORD": where.password,
                "HOST": where.hostname,
                "PORT": where.port,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        SECRET_KEY="of-a-test",
        USE_TZ=True,
    )
    django.setup()


def django_migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    _django()
    call_command("migrate", verbosity=0)
    connection.close()


def django_use() -> None:
    django_migrate()
    from django.contrib.auth.models import Group  # a model is read by settings

    Group.objects.get_or_create(name="readers")


def procrastinate_migrate() -> None:
    import procrastinate

    # A pool of theirs has four connections from the start; a migrator's login may be allowed as many in all.
    connector = procrastinate.SyncPsycopgConnector(conninfo=URL, min_size=1)
    with procrastinate.App(connector=connector).open() as app:
        app.schema_manager.apply_schema()


def procrastinate_use() -> None:
    import procrastinate

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))
    done: list[int] = []

    @app.task(name="count")
    def count(by: int) -> None:
        done.append(by)

    async def work() -> None:
        async with app.open_async():
            await count.defer_async(by=1)
            await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(work())
    if done != [1]:
        raise RuntimeError("the worker did nothing")


TOOLS: dict[str, dict[str, Callable[[], None]]] = {
    "alembic": {"migrate": alembic, "use": alembic},
    "django": {"migrate": django_migrate, "use": django_use},
    "procrastinate": {"migrate": procrastinate_migrate, "use": procrastinate_use},
}


def main(mode: str) -> None:
    for tool, modes in TOOLS.items():
        said: dict[str, object] = {"tool": tool, "ok": True}
        try:
            modes[mode]()
        except Exception as error:
            said = {"tool": tool, "ok": False, "error": f"{type(error).__name__}: {str(error).strip()}"}
        sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
