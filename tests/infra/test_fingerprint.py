"""What makes a second `up` look again: everything that the program reads."""

from infra.fingerprint import CODE
from infra.trigger import PACKAGE

# Read by people, by Pulumi's engine when the components are a package, and by pip.
UNREAD = {"components/PulumiPlugin.yaml", "components/requirements.txt"}


def test_every_file_of_the_program_counts_tables_of_any_form_included() -> None:
    seen = {path for pattern in CODE for path in PACKAGE.glob(pattern)}
    rooms = (PACKAGE / room for room in ("bootstrap", "components", "graph", "infra", "knowledge", "local", "runtime"))
    files = {path for room in rooms for path in room.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    missed = {path.relative_to(PACKAGE).as_posix() for path in files - seen}
    assert missed - UNREAD == set()
    assert any(path.name == "postgres.toml" for path in seen)
