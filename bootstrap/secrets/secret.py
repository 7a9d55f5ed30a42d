"""A value that never shows itself, and the credential that Secrets Manager keeps."""

from __future__ import annotations

import hmac
import json
import secrets
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import core_schema

from knowledge.passwords import USUAL_LENGTH, USUAL_SPECIAL

if TYPE_CHECKING:  # a command on a URL has no manifest, and its models take longer than a connection
    from bootstrap.manifest import PasswordRule


class Secret:
    """A secret string. Whatever prints, formats, logs, dumps or pickles it gets `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; called in `bootstrap.secrets` and at a person's explicit wish, nowhere else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would travel in the clear")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        made = core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1))
        return core_schema.json_or_python_schema(
            json_schema=made,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), made]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "***"),
        )


class Credential(BaseModel):
    """What one secret in Secrets Manager holds."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    username: str | None = None
    password: Secret | None = None
    engine: str | None = None
    host: str | None = None
    port: int | None = None
    dbname: str | None = None
    redis_username: str | None = None
    redis_password: Secret | None = None
    initial: bool | None = None
    """True while the password is the one that the infrastructure made and its state knows."""
    grace: int | None = None
    """Made by a rotation: seconds that the credential before it stays valid once this one is current."""
    moved: tuple[str, ...] | None = None
    """Where the identity's login from before the stack (`present` in access.yaml) ends with the grace of the rotation
    that made this: `postgres`, `cache main`. Elsewhere it stays as it is."""
    called: Mapping[str, str] | None = None
    """Field -> what its owner calls it in the secret, where that is another name."""
    others: Secret | None = None
    """Fields of the secret that are nobody's here, a JSON object: whoever put them there reads them, so they stay."""

    @classmethod
    def of(cls, held: object) -> Self:
        """Return the credential that a secret's JSON has. Raise ValidationError where that is none."""
        if not isinstance(held, dict):
            return cls.model_validate(held)
        called = {own: other for own, other in _OTHER_NAMES.items() if other in held and own not in held}
        ours = {*cls.model_fields} - _BESIDE
        own = {name: held[called.get(name, name)] for name in ours if called.get(name, name) in held}
        others = {name: value for name, value in held.items() if name not in {*ours, *called.values()}}
        beside = {"called": called or None, "others": Secret(json.dumps(others)) if others else None}
        return cls.model_validate(own | beside)

    def content(self) -> dict[str, Any]:
        """Return the secret's JSON with all that is secret in the clear, as it goes into the store."""
        called, others = self.called or {}, json.loads(self.others.reveal()) if self.others else {}
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in _BESIDE}
        return others | {
            called.get(name, name): value.reveal() if isinstance(value, Secret) else value
            for name, value in own.items()
            if value is not None
        }


_OTHER_NAMES = {"username": "user", "password": "pass"}
"""What people call them in secrets of their own; RDS and Secrets Manager's rotation write ours (Secrets Manager User
Guide, "JSON structure of AWS Secrets Manager secrets")."""
_BESIDE = {"called", "others"}
"""Fields that say how the others stand in the JSON."""


def new_password(rule: PasswordRule | None = None) -> Secret:
    """Return a fresh password by the stack's rule; about 241 bits with the usual one, which is that of no rule."""
    length, special = (rule.length, rule.special) if rule else (USUAL_LENGTH, USUAL_SPECIAL)
    alphabet = string.ascii_letters + string.digits + special
    while True:
        value = "".join(secrets.choice(alphabet) for _ in range(length))
        # Begins with a letter, so that no tool takes it for an option.
        if value[0].isalpha() and any(c.isdigit() for c in value):
            return Secret(value)
