"""A checkout becomes another application's: nothing is lost, and a kill at any step leaves what the next run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import made_checkout
import pytest
import yaml

from bootstrap.errors import AskedError
from infra.settings.stackfile import project_config
from scaffold import apply, checkout
from scaffold.plan import Change, change, pages
from scaffold.starter import starter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return made_checkout.make(tmp_path / "checkout")


def planned(root: Path, name: str = "web-shop", **more: bool) -> Change:
    return change(checkout.read(root), starter(name, "eu-west-1"), **more)


def become(root: Path, name: str, **more: bool) -> None:
    apply.prepare(root, planned(root, name, **more))
    apply.finish(root)


def test_the_former_application_is_kept_whole_and_reads_the_product_from_there(root: Path) -> None:
    before = {path: (root / path).read_bytes() for path in checkout.read(root).files}
    become(root, "web-shop")
    kept = root / "examples" / "clinic"
    pointing = b"$schema=docs/", b"$schema=../../docs/"
    moved = {
        Path("tests") / path.relative_to("tests/application")
        if path.is_relative_to("tests/application")
        else path: text.replace(*pointing)
        for path, text in before.items()
    }
    project = moved.pop(Path("Pulumi.yaml"))
    assert {path: (kept / path).read_bytes() for path in moved} == moved
    expected = yaml.safe_load(project) | {"main": "../../infra/"}
    expected["runtime"]["options"]["virtualenv"] = "../../.venv"
    assert yaml.safe_load((kept / "Pulumi.yaml").read_text()) == expected
    assert sorted(made_checkout.contents(kept)) == sorted(map(str, [*moved, "Pulumi.yaml"]))


def test_the_root_holds_the_new_one_alone(root: Path) -> None:
    become(root, "web-shop")
    found = checkout.read(root)
    assert (found.application, found.comes_with) == ("web-shop", "clinic")
    assert sorted(map(str, found.files)) == [
        "Pulumi.dev.yaml",
        "Pulumi.local.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.staging.yaml",
        "Pulumi.yaml",
        "access.yaml",
        "docs/schema.md",
        "migrations/.gitkeep",
        "schema/schema.json",
        "tests/application/conftest.py",
        "tests/application/test_web_shop_access.py",
        "tests/application/test_web_shop_migrations.py",
    ]
    assert project_config(root) == {"data-tier:name": "web-shop"}
    assert (root / "README.md").read_text() == "`web_shop_app` of the web-shop\n"
    assert (root / "docs" / "up.svg").read_text() == "<svg>web-shop-local</svg>\n"
    assert not (root / ".local").exists() or not any((root / ".local").iterdir())


def test_data_of_its_tiers_go_along(root: Path) -> None:
    (root / ".local" / "prod").mkdir(parents=True)
    (root / ".local" / "prod" / "state.json").write_text("{}")
    (root / ".local" / "current").write_text("prod")
    become(root, "web-shop")
    kept = root / "examples" / "clinic" / ".local"
    assert made_checkout.contents(kept) == {"current": b"prod", "prod/state.json": b"{}"}
    assert list((root / ".local").iterdir()) == []


def test_somebody_s_own_application_is_replaced_only_when_asked(root: Path) -> None:
    become(root, "web-shop")
    with pytest.raises(AskedError, match="is web-shop, which did not come with it: --replace moves it to examples/web"):
        planned(root, "desk")
    before = made_checkout.contents(root / "examples" / "clinic")
    become(root, "desk", replace=True)
    assert (root / "examples" / "web-shop" / "tests" / "test_web_shop_access.py").is_file()
    assert made_checkout.contents(root / "examples" / "clinic") == before
    assert (root / "README.md").read_text() == "`desk_app` of the desk\n"


def test_a_place_that_is_taken_is_not_overwritten(root: Path) -> None:
    (root / "examples" / "clinic").mkdir(parents=True)
    with pytest.raises(AskedError, match="examples/clinic is there already, where clinic would be kept: rename"):
        planned(root)


def test_a_name_whose_place_among_the_examples_is_taken_is_refused(root: Path) -> None:
    (root / "examples" / "patterns").mkdir(parents=True)
    with pytest.raises(AskedError, match="examples/patterns is there already, so that patterns could not be kept"):
        planned(root, "patterns")


@pytest.mark.parametrize("name", ["no", "off", "y", "a", "web-shop"])
def test_what_a_name_is_in_yaml_it_is_text_here(root: Path, name: str) -> None:
    become(root, name)
    assert project_config(root) == {"data-tier:name": name}
    become(root, "desk", replace=True)
    assert project_config(root / "examples" / name) == {"data-tier:name": name}


def test_two_at_once_are_kept_apart(root: Path) -> None:
    before = made_checkout.contents(root)
    with (
        apply.alone(root),
        pytest.raises(AskedError, match="another `datatier init` is at work in"),
        apply.alone(root),
    ):
        pass
    with apply.alone(root):
        assert made_checkout.contents(root) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: data-tier\nconfig: {name: clinic}\n", "must say `name: clinic` once, on a line of its own below"),
        ("name: data-tier\n", r"does not say whose it is: write `config: \{name: NAME\}`"),
    ],
)
def test_a_project_file_of_another_form_is_refused(root: Path, text: str, message: str) -> None:
    (root / "Pulumi.yaml").write_text(text)
    before = made_checkout.contents(root)
    with pytest.raises(AskedError, match=message):
        planned(root)
    assert made_checkout.contents(root) == before


def test_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(AskedError, match=r"is not a checkout of data-tier: it has no scaffold/checkout\.toml"):
        checkout.read(tmp_path)


def test_pages_that_an_update_brought_get_the_name_again(root: Path) -> None:
    become(root, "web-shop")
    (root / "docs" / "new.md").write_text("`clinic-prod`, clinical\n")
    assert pages(checkout.read(root), "web-shop") == {Path("docs/new.md"): b"`web-shop-prod`, clinical\n"}


class Killed(BaseException):
    pass


@contextmanager
def killed_before(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The process ends before that change of a folder."""
    done: list[str] = []

    def counted(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            if len(done) == step:
                raise Killed
            done.append(name)
            return change(*given, **more)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink", "rmdir", "mkdir", "write_bytes", "write_text"):
            patch.setattr(Path, name, counted(name, getattr(Path, name)))
        patch.setattr(apply.shutil, "rmtree", counted("rmtree", apply.shutil.rmtree))
        yield done


SMALL = Change(
    application="desk",
    kept=Path("examples/clinic"),
    keeps={Path("access.yaml"): b"clinic", Path("tests/test_a.py"): b"a"},
    writes={Path("access.yaml"): b"desk", Path("migrations/.gitkeep"): b""},
    removes=(Path("tests/application/test_a.py"), Path("tests/application/test_b.py")),
    data=("local",),
    pages=(),
)
FORMER = {
    ".local/local/state.json": b"{}",
    "access.yaml": b"clinic",
    "tests/application/test_a.py": b"a",
    "tests/application/test_b.py": b"b",
}
NEW = {
    "access.yaml": b"desk",
    "examples/clinic/.local/local/state.json": b"{}",
    "examples/clinic/access.yaml": b"clinic",
    "examples/clinic/tests/test_a.py": b"a",
    "migrations/.gitkeep": b"",
}


def test_killed_anywhere_it_is_the_former_or_the_new_one_after_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[str]()
    for step in range(100):
        folder = tmp_path / str(step)
        for name, content in FORMER.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        try:
            with killed_before(step, monkeypatch):
                apply.prepare(folder, SMALL)
                apply.finish(folder)
        except Killed:
            pass
        else:
            break
        if apply.pending(folder) is None:
            found = _without_aside(folder)
            assert found in (FORMER, NEW), step
            seen.append("former" if found == FORMER else "new")
            if found == FORMER:
                apply.prepare(folder, SMALL)
        else:
            seen.append("pending")
        if apply.pending(folder):
            apply.finish(folder)
        assert _without_aside(folder) == NEW, step
    assert list(dict.fromkeys(seen)) == ["former", "pending", "new"]
    assert made_checkout.contents(folder) == NEW


def _without_aside(folder: Path) -> dict[str, bytes]:
    return {path: text for path, text in made_checkout.contents(folder).items() if not path.startswith(".local/.init")}
