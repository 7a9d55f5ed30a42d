"""`datatier drill run`: drills in turn, whatever becomes of one; and a scene without the stack's file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from bootstrap.manifest import CacheTarget, DrillsTarget, Endpoint, KeptTarget, Manifest, PostgresTarget
from bootstrap.secrets import Credential, Secret
from bootstrap.secrets.memory import MemoryStore
from cli import drill_several
from cli.drill_scene import _token, scene_of
from cli.errors import INTERRUPTED, InputError
from keep.drill.drill import Drill
from keep.estate.aws import AwsEstate


def carried_out(monkeypatch: pytest.MonkeyPatch, **ends: Exception) -> list[str]:
    """The names of drills as they are begun; some of them end so."""
    begun: list[str] = []

    def run(drill: Drill, stack: str | None, manifest: str | None, keep: Any, **how: Any) -> None:
        begun.append(drill.name)
        assert (stack, manifest, how["yes"]) == (None, "arn:m", True)
        if end := ends.get(drill.name):
            raise end

    monkeypatch.setattr(drill_several, "run", run)
    return begun


def several(*names: str) -> None:
    drill_several.several([*names], manifest="arn:m", yes=True)


def test_drills_run_in_the_order_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = carried_out(monkeypatch)
    several("redis", "pitr", "primary", "snapshot", "deletion")
    assert begun == ["redis", "pitr", "primary", "snapshot", "deletion"]


@pytest.mark.parametrize("end", [typer.Exit(1), InputError("there is no cache"), InputError("no backups")])
def test_one_that_does_not_pass_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: Exception
) -> None:
    begun = carried_out(monkeypatch, redis=end)
    with pytest.raises(typer.Exit) as ended:
        several("redis", "pitr")
    assert (begun, ended.value.exit_code) == (["redis", "pitr"], 1)
    assert "not passed: redis." in capsys.readouterr().err


def test_who_interrupts_one_means_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = carried_out(monkeypatch, pitr=typer.Exit(INTERRUPTED))
    with pytest.raises(typer.Exit) as ended:
        several("pitr", "redis")
    assert (begun, ended.value.exit_code) == (["pitr"], INTERRUPTED)


def test_a_name_that_is_none_is_refused_before_anything_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = carried_out(monkeypatch)
    with pytest.raises(InputError, match="region is not among the drills that run one after another: pitr, snapshot"):
        several("pitr", "region")
    assert begun == []


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A manifest in a folder without the stack's file, as in the task's container."""
    monkeypatch.chdir(tmp_path)

    def write(**more: Any) -> Path:
        primary = Endpoint(name="primary", host="library-live.example", port=5432)
        made = Manifest(
            stack="live",
            prefix="library-live",
            region="eu-west-1",
            postgres=PostgresTarget(primary=primary, database="library", master_secret="arn:m"),
            kept=KeptTarget(place=str(tmp_path / "kept"), backup_seconds=93_600),
            access={},
            **more,
        )
        (tmp_path / "manifest.json").write_text(made.model_dump_json(), "utf-8")
        return tmp_path / "manifest.json"

    return write


def test_a_scene_without_the_stacks_file_has_its_objective_from_the_manifest(
    alone: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drills = DrillsTarget(drill_seconds=86_400 * 14, rto_seconds=2700, rpo_seconds=600)
    scene = scene_of(None, str(alone(drills=drills)), [])
    assert (scene.objective.rto_seconds, scene.objective.rpo_seconds) == (2700, 600)
    assert isinstance(scene.estate, AwsEstate)
    assert scene.books.address.startswith(str(tmp_path / "kept" / "drills"))
    assert "no objective" not in capsys.readouterr().err
    assert scene_of(None, str(alone()), []).objective.rto_seconds is None
    assert "there is no objective to measure against" in capsys.readouterr().err


def test_the_copy_of_a_cache_gets_the_token_of_that_cache_alone(alone: Callable[..., Path]) -> None:
    at = Endpoint(name="main", host="library-live.example", port=6379)
    caches = {
        "desk": CacheTarget(endpoint=at, auth_secret="arn:desk", replication_group="library-live-desk"),
        "queue": CacheTarget(endpoint=at, auth_secret="arn:queue", replication_group="library-live-queue"),
        "main": CacheTarget(endpoint=at, user_group="library-live-main", replication_group="library-live-main"),
    }
    manifest = Manifest.model_validate_json(alone(caches=caches).read_text("utf-8"))
    store = MemoryStore(["arn:desk", "arn:queue"])
    made = store.put_pending("arn:desk", Credential(redis_password=Secret("desk-" * 8)))
    store.promote("arn:desk", made)
    assert _token(manifest, store, "library-live-desk") == Secret("desk-" * 8)
    assert _token(manifest, store, "library-live-queue") is None
    assert _token(manifest, store, "library-live-main") is None
