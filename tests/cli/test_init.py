"""`datatier init` as a person meets it: what is refused, what is said, and what a second call does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import made_checkout
import pytest
from in_process import call

from scaffold import apply

GIT = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = made_checkout.make(tmp_path / "checkout")
    monkeypatch.setattr("cli.init.PACKAGE", made)
    return made


def commit(root: Path) -> None:
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*GIT, *words], cwd=root, check=True)


def test_without_git_it_says_so_and_goes_on(root: Path) -> None:
    said = call(root, "init", "web-shop")
    assert said.code == 0
    assert "note Git does not know this folder, so nothing says what was changed in it." in said.err
    assert said.out.splitlines()[:2] == [
        "web-shop is the application here: 12 files of its own, and 2 pages with its name",
        "clinic is in examples/clinic: `cd examples/clinic && datatier up` brings it up",
    ]
    assert "make up" in said.out


def test_what_is_not_committed_is_refused(root: Path) -> None:
    commit(root)
    (root / "access.yaml").write_text("owner: somebody\n")
    (root / "migrations" / "note.txt").write_text("new")
    before = made_checkout.contents(root)
    said = call(root, "init", "web-shop")
    assert said.code == 2
    assert "clinic has changes that are not committed: access.yaml, migrations/note.txt. Commit them" in said.err
    assert made_checkout.contents(root) == before


def test_a_tier_that_is_up_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root)
    monkeypatch.setattr("local.orphans.orphans", lambda folder: [object()] if folder == root / ".local" else [])
    said = call(root, "init", "web-shop")
    assert said.code == 2
    assert "a tier of clinic is up here: `datatier down` first" in said.err


def test_elsewhere_it_says_where_to_run_it(root: Path) -> None:
    commit(root)
    assert call(root, "init", "web-shop").code == 0
    said = call(root / "examples" / "clinic", "init", "desk")
    assert (said.code, f"run it in {root}" in said.err) == (2, True)


def test_a_second_time(root: Path) -> None:
    commit(root)
    made = call(root, "init", "web-shop", "--json").json
    assert (made["application"], made["was"], made["kept"]) == ("web-shop", "clinic", "examples/clinic")
    commit(root)
    again = call(root, "init", "web-shop")
    assert (again.code, again.out) == (0, "web-shop is the application here already: nothing to do\n")
    other = call(root, "init", "desk")
    assert (other.code, "--replace moves it to examples/web-shop" in other.err) == (2, True)
    assert call(root, "init", "desk", "--replace").code == 0


def test_an_interrupted_one_goes_on_and_no_other_begins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(root)
    with monkeypatch.context() as patch:
        patch.setattr("scaffold.apply.finish", lambda root: None)
        assert call(root, "init", "web-shop").code == 0
    other = call(root, "init", "desk")
    assert (other.code, "`datatier init web-shop` was interrupted here: run it again" in other.err) == (2, True)
    assert call(root, "init", "web-shop").out == "web-shop is the application here: what was interrupted is done\n"
    assert (root / "examples" / "clinic" / "access.yaml").is_file()


def test_another_call_at_work_and_a_region_that_there_is_not_are_refused(root: Path) -> None:
    commit(root)
    before = made_checkout.contents(root)
    with apply.alone(root):
        said = call(root, "init", "web-shop")
    assert (said.code, "another `datatier init` is at work" in said.err) == (2, True)
    said = call(root, "init", "web-shop", "--region", "eu-west-9")
    assert (said.code, "--region: 'eu-west-9' is not a region of AWS." in said.err) == (
        2,
        True,
    )
    assert made_checkout.contents(root) == before
