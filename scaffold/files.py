"""The files of an application: path in its folder -> text."""

from __future__ import annotations

from pathlib import Path

from bootstrap import schema
from bootstrap.application import ACCESS, DEFINITION, MIGRATIONS, NONE_YET
from infra.settings.stackfile import file_of
from scaffold import own_tests
from scaffold.application import Application
from scaffold.yaml_text import text

PAGE = Path("docs") / "schema.md"
"""The definition as a page."""
TESTS = Path("tests") / "application"
"""Its tests, as long as it is the application of the checkout."""


def files(application: Application) -> dict[Path, str]:
    """Everything but Pulumi.yaml, of which the application has no more than its name."""
    made = {
        Path(ACCESS): for_editors("access", text(application.access, application.access_comments)),
        DEFINITION: schema.dump(application.definition),
        PAGE: schema.document(application.definition),
    }
    for stack, config in application.stacks.items():
        said = text({"config": config}, application.stack_comments.get(stack, {}))
        made[Path(file_of(stack))] = for_editors("stack", said)
    made |= {Path(MIGRATIONS) / name: sql for name, sql in application.migrations.items()}
    if not application.migrations:
        made[Path(MIGRATIONS) / NONE_YET] = ""
    return made | {TESTS / name: code for name, code in own_tests.files(application).items()}


def for_editors(schema_name: str, said: str) -> str:
    """With the JSON Schema by which an editor completes and checks the file, in its first line."""
    return f"# yaml-language-server: $schema=docs/schemas/{schema_name}.schema.json\n{said}"
