"""docs/make-it-yours.md, how an update of the product is taken: followed on a small checkout of a small product."""

from __future__ import annotations

import subprocess
from pathlib import Path

import made_checkout
import pytest
from followed import steps
from in_process import call
from test_make_it_yours import PAGE

REMOTE = "https://example.org/data-tier.git"


def git(folder: Path, command: str) -> str:
    words = f"git -c user.name=ann -c user.email=ann@example.org {command}"
    done = subprocess.run(["bash", "-ec", words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def product(folder: Path) -> Path:
    made = made_checkout.make(folder)
    (made / "code.py").write_text("one = 1\n")
    (made / "README.md").write_text("About the product.\n\n`clinic_app` of the clinic\n")
    git(made, "init -q -b main && git add -A")
    git(made, "commit -qm first")
    return made


def updated(made: Path) -> None:
    """What the product may bring: code, a page, and more of the application that came with it."""
    (made / "code.py").write_text("one = 2\n")
    (made / "README.md").write_text("About the product, in more words.\n\n`clinic_app` and `clinic_reporting`\n")
    (made / "access.yaml").write_text(
        (made / "access.yaml").read_text().replace("connection_limit: 60", "connection_limit: 50")
    )
    (made / "migrations" / "000007_more.up.sql").write_text("SELECT 1;\n")
    (made / "tests" / "application" / "test_more.py").write_text("\n")
    git(made, "add -A")
    git(made, "commit -qm update")


def test_what_is_the_application_s_stays_and_pages_say_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, mine = product(tmp_path / "product"), tmp_path / "mine"
    git(tmp_path, f"clone -q {origin} {mine}")
    monkeypatch.setattr("cli.init.PACKAGE", mine)
    assert call(mine, "init", "shop").code == 0
    git(mine, "add -A")
    git(mine, "commit -qm 'The shop'")
    before = made_checkout.contents(mine)
    updated(origin)
    (step,) = steps(PAGE, "After that")
    for command in step.text.splitlines():
        if command.startswith("git "):
            git(mine, command.removeprefix("git ").replace(REMOTE, str(origin)))
        else:
            assert call(mine, *command.split()[1:]).code == 0, command
    after = {path: text for path, text in made_checkout.contents(mine).items() if not path.startswith(".git/")}
    changed = {path for path, text in after.items() if before.get(path) != text}
    assert {path for path in changed if not path.startswith("examples/")} == {"code.py", "README.md"}
    assert after["README.md"] == b"About the product, in more words.\n\n`shop_app` and `shop_reporting`\n"
    assert {path for path in before if not path.startswith(".git/")} <= after.keys()
    assert git(mine, "status --short") == ""
