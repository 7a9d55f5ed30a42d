"""Any mix of folders and files of the tests runs in one command.

pytest puts each folder on the path, so a module's name means one file only where no other folder has that name, and
`conftest` means whichever came first.
"""

import ast
from collections import Counter
from pathlib import Path

FILES = sorted(Path(__file__).parent.rglob("*.py"))


def test_every_file_but_conftest_has_a_name_to_itself() -> None:
    assert [name for name, number in Counter(path.name for path in FILES).items() if number > 1] == ["conftest.py"]


def test_nothing_is_imported_from_a_conftest() -> None:
    found = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [path.name for name in names if name == "conftest"]
    assert found == []
