"""What `datatier adopt` finds in the project, and what it writes there: all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adopt.steps import FOLDER, FURTHER, IMPORT, REPORT, STATE
from adopt.tags import IGNORED
from bootstrap.errors import AskedError
from infra.settings.stackfile import FILE_KEYS, PROJECT_FILE, file_of, project_config, said
from infra.settings.yamlfile import read_mapping

if TYPE_CHECKING:
    from adopt.adoption import Adoption

_POSTGRES = "data-tier:postgres"
PROFILE = "data-tier:profile"
REGION = "aws:region"
_ACCOUNTS = "aws:allowedAccountIds"
"""Accounts in which the provider works (its reference, Configuration)."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack's files lie, and what its file says before."""

    root: Path
    stack: str
    config: Mapping[str, Any]
    """`config` of the stack's file; empty where there is none, or nothing in it."""
    own: Mapping[str, Any]
    """What Pulumi itself keeps in it, its salt among them: it stays."""
    project: Mapping[str, Any]
    """What Pulumi.yaml says for all stacks."""

    @property
    def file(self) -> Path:
        return self.root / file_of(self.stack)

    @property
    def folder(self) -> Path:
        """Of what is not the stack's file."""
        return self.root / FOLDER / self.stack

    @property
    def others(self) -> dict[str, Any]:
        """Keys of other namespaces, such as `aws:profile`, which are nobody's here."""
        return {key: value for key, value in self.config.items() if not _is_ours(key)}

    @property
    def declared(self) -> bool:
        """Whether it declares a tier already; Pulumi makes the file by itself, with a salt or a region in it."""
        return any(key.startswith("data-tier:") for key in self.config)

    @property
    def identifier(self) -> str:
        """The primary that it was adopted for; empty where there is none."""
        postgres = self.config.get(_POSTGRES)
        existing = postgres.get("existing") if isinstance(postgres, dict) else None
        return str(existing.get("identifier", "")) if isinstance(existing, dict) else ""


def _is_ours(key: str) -> bool:
    return key.startswith("data-tier:") or key in (REGION, IGNORED)


def place(root: Path | None, stack: str) -> Place:
    """Raise AskedError without a project, SettingsError for a file that is no YAML."""
    if root is None:
        raise AskedError(f"there is no {PROJECT_FILE} here or above: run it in the project's folder.")
    path = root / file_of(stack)
    document = (read_mapping(path, path.name) or {}) if path.is_file() else {}
    config = document.get("config")
    return Place(
        root=root,
        stack=stack,
        config=config if isinstance(config, dict) else {},
        own={key: value for key, value in document.items() if key in FILE_KEYS and key != "config"},
        project=project_config(root),
    )


def refuse(where: Place, instance: str, *, replace: bool) -> None:
    """Raise AskedError where the stack's file declares another tier than that of the instance."""
    if where.declared and where.identifier != instance and not replace:
        of = f"adopted for {where.identifier}" if where.identifier else "one that was not adopted"
        raise AskedError(
            f"{where.file.name} declares a tier already, {of}: choose another stack, or write over it by --replace."
        )


def refuse_account(where: Place, account: str) -> None:
    """Raise AskedError where the stack is of another account than the one that was read."""
    allowed = {**where.project, **where.config}.get(_ACCOUNTS)
    if isinstance(allowed, list) and allowed and account not in map(str, allowed):
        raise AskedError(
            f"{where.file.name} is for the account {', '.join(map(str, allowed))} ({_ACCOUNTS}), and these credentials "
            f"are of {account}: take those of the stack's account."
        )
    before = _reported(where.folder / REPORT)
    if where.identifier and before not in ("", account):
        raise AskedError(
            f"{where.file.name} was adopted in the account {before}, and these credentials are of {account}: take "
            "those of the stack's account, or choose another stack."
        )


def _reported(path: Path) -> str:
    """The account of an earlier report; empty where there is none that can be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return str(found.get("account", "")) if isinstance(found, dict) else ""


def differing(config: Mapping[str, Any], proposed: Mapping[str, Any]) -> list[str]:
    """What a stack's file says otherwise than what is there, a line for each key."""
    ours = {key: said(value) for key, value in config.items() if _is_ours(key)}
    return [*_differing(ours, json.loads(json.dumps(proposed)), "")]


def further(config: Mapping[str, Any], proposed: Mapping[str, Any]) -> list[str]:
    """The servers that are there and not in the stack's file: a line for each with the section that it takes."""
    lines = []
    for *above, last in (("data-tier:postgres", "replicas"), ("data-tier:redis",)):
        was, now = config, proposed
        for key in above:
            was, now = was.get(key) or {}, now.get(key) or {}
        was, now = was.get(last) or {}, now.get(last) or {}
        place = ".".join((*above, last))
        lines += [f"{place}.{name}: {_shown(now[name])}" for name in now if name not in was]
    return lines


def _differing(was: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from _differing(was.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif was != now:
        yield f"{path}: {_shown(was)} in the file, {_shown(now)} by what is there"


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value)


def write(
    where: Place,
    made: Adoption,
    document: Mapping[str, Any],
    *,
    stands: bool,
    more: bool = False,
    application: Mapping[Path, str] | None = None,
) -> tuple[Path, ...]:
    """Write the import, the state after it, the report and, where none stands, the stack's file.

    `more` is whether servers come into a stack that has its primary. `application` are files of what is inside the
    engines, by their paths in the project. What is returned is relative to the project too. Raise OSError, and then
    nothing has been written.
    """
    from cli.files import write_all
    from scaffold.files import for_editors
    from scaffold.yaml_text import text

    folder = where.folder
    tree = {"config": {**made.config, **where.others}, **where.own}
    # The stack's file comes last: what is written without it is written again by the next call.
    files = {
        **(
            _further(where, folder, made)
            if more
            else {folder / IMPORT: _json(made.imports), folder / STATE: _json(made.state)}
        ),
        folder / REPORT: _json(document),
        **{where.root / path: text for path, text in (application or {}).items()},
    }
    if not stands:
        files[where.file] = for_editors("stack", text(tree, made.comments))
    for path in files:
        for left in path.parent.glob(f".{path.name}.*"):  # by a call that was killed: there is no other one now
            left.unlink()
    write_all(files)
    return tuple(path.relative_to(where.root) for path in files)


def _further(where: Place, folder: Path, made: Adoption) -> dict[Path, str]:
    """What is imported now, and all that was adopted where that is known: the way back goes by it."""
    from adopt.import_file import joined

    path, files = folder / IMPORT, {folder / FURTHER: _json(made.imports)}
    if path.is_file():
        try:
            files[path] = _json(joined(json.loads(path.read_text("utf-8")), made.imports))
        except (ValueError, TypeError, KeyError) as error:
            raise AskedError(
                f"{path.relative_to(where.root)}, which says what was adopted, cannot be read ({error}): bring it "
                "back, or remove it; without it everything stays on the way back that may have been."
            ) from None
    return files


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, default=str) + "\n"
