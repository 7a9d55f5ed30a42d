"""The drill `snapshot` of a logical backup: it is restored into a throw-away server, which needs nothing of AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

import psycopg
from psycopg.sql import SQL, Identifier

from bootstrap.errors import BootstrapError
from clients.credentials import default_identity
from keep.backup.listing import kept, opened
from keep.backup.restore import Wish, database_of, restore
from keep.backup.verify_restored import Scratch, ScratchServer
from keep.drill.drill import NotWholeError, Step
from keep.drill.plan import DrillPlan
from keep.drill.prove import judged
from keep.drill.report import DrillName
from keep.drill.scene import Scene, Stage
from keep.drill.serve import answer
from keep.drill.snapshot import NEWEST
from keep.drill.steps import source_clock
from keep.errors import AskedError, DamagedError, EstateError
from keep.manifest import BackupManifest
from keep.place.place import Place

_FROM = "restored from"


@dataclass(kw_only=True)
class FromBackup:
    """Implements `Drill`. The server ends with the process, so that a killed run cannot go on."""

    place: Place
    backup: str
    """Its id, or `newest`."""
    scratch: Scratch
    server: ScratchServer | None = None
    """Where it was restored."""

    @property
    def name(self) -> DrillName:
        return "snapshot"

    @property
    def asked(self) -> dict[str, str]:
        return {"from": self.place.address, "backup": self.backup}

    def plan(self, scene: Scene, run: str) -> DrillPlan:  # noqa: ARG002 what it makes has no name of the run's
        found = self._chosen(scene)
        copy = database_of(found)
        taken = copy.snapshot_at.astimezone(UTC)
        return DrillPlan(
            drill="snapshot",
            stack=scene.stack.stack,
            makes=(f"a throw-away PostgreSQL {copy.major} on this computer",),
            touches=(),
            does=(
                f"reads every object of the backup {found.id}, of {taken:%Y-%m-%d %H:%M:%S} UTC, to its end",
                "restores it, analyzes it, and proves each row and each login, with new passwords",
                "compares schema, sequences and migrations with what is declared",
                "ends the server",
            ),
            seconds=scene.usual_seconds("snapshot"),
        )

    def prepare(self, stage: Stage) -> None:
        found = self._chosen(stage.scene)
        stage.notes.facts = {**stage.notes.facts, _FROM: found.id, "place": self.place.address}
        try:
            stage.notes.incident_at = source_clock(stage)
        except BootstrapError:  # a server that is lost has no clock
            stage.notes.incident_at = stage.scene.now()

    def steps(self) -> Sequence[Step]:
        return (
            Step(phase="detect", do=self._detect),
            Step(phase="restore", do=self._restore),
            Step(phase="prove", do=self._prove),
            Step(phase="serve", do=self._serve),
        )

    def _chosen(self, scene: Scene) -> BackupManifest:
        if self.backup != NEWEST:
            return opened(self.place, self.backup)
        ours = [each for each in kept(self.place) if each.manifest and each.manifest.stack == scene.stack.stack]
        if found := next((each.manifest for each in reversed(ours) if not each.failed), None):
            return found
        raise AskedError(f"{self.place.address} has no whole backup of {scene.stack.stack}: `datatier backup create`")

    def _detect(self, stage: Stage) -> str:
        notes = stage.notes
        found = opened(self.place, notes.facts[_FROM])
        notes.lost_since(database_of(found).snapshot_at, "when the backup's snapshot was taken")
        return f"decided to restore the backup {found.id}"

    def _restore(self, stage: Stage) -> str:
        found = opened(self.place, stage.notes.facts[_FROM])
        copy = database_of(found)
        server = stage.closing.enter_context(self.scratch(copy))
        wish = Wish(server=server.server, name=copy.database, access=stage.scene.access, tried=server.tried)
        try:
            done = restore(self.place, found, wish)
        except DamagedError as error:
            raise NotWholeError(str(error)) from None
        self.server = server
        notes = stage.notes
        notes.check("rows", True, f"{done.rows} rows in {done.tables} tables, each as it was")
        notes.facts = {**notes.facts, "server": "a throw-away one of this computer", "database": copy.database}
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in done.seconds.items())

    def _prove(self, stage: Stage) -> str:
        with self._connect(stage) as conn:
            return judged(stage, conn)

    def _serve(self, stage: Stage) -> str:
        """The restore has logged in as every identity, with passwords that nobody keeps: what is left is an answer."""
        identity = default_identity(stage.scene.access)
        try:
            with self._connect(stage) as conn, conn.transaction(force_rollback=True):
                conn.execute(SQL("SET LOCAL ROLE {}").format(Identifier(identity)))
                said = f"every identity has logged in with a new password; {identity} {answer(conn)}"
        except psycopg.Error as error:
            raise NotWholeError(f"{identity} gets no answer: {error.diag.message_primary or error}") from None
        stage.notes.check("application", True, said)
        return said

    def _connect(self, stage: Stage) -> psycopg.Connection[tuple[object, ...]]:
        if self.server is None:
            raise EstateError("the throw-away server has ended with the run that was killed: begin again, no --resume")
        return self.server.server.connect(stage.notes.facts["database"])
