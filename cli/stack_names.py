"""A stack may be named both ways, `datatier status prod` and `datatier status -s prod`, wherever it stands alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, cast, get_type_hints

import typer
from typer.models import ArgumentInfo

from cli.errors import InputError

_OPTION, _CONTEXT = "stack_option", "stack_context"
_Option = Annotated[str | None, typer.Option("--stack", "-s", help="The same as STACK.")]


def both_ways(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose last argument is `stack` the option too; every other command comes back as it is.

    An argument behind it would take its place where the option names the stack. Commands that have the option alone
    (their arguments are something else) keep it.
    """
    parameters = inspect.signature(command).parameters
    hints = get_type_hints(command, include_extras=True)
    arguments = {name: found for name, hint in hints.items() if (found := _argument(hint))}
    if list(arguments)[-1:] != ["stack"] or _OPTION in parameters:
        return command
    default = parameters["stack"].default
    required = default is inspect.Parameter.empty

    @wraps(command)
    def named(**given: object) -> None:
        option, context = given.pop(_OPTION), given.pop(_CONTEXT)
        if option is not None:
            if _is_given(cast(typer.Context, context)) and given["stack"] != option:
                raise InputError(f"two stacks, `{given['stack']}` and `{option}`: name one.")
            given["stack"] = option
        if given["stack"] is None and required:
            raise InputError("which stack? Name it, such as `prod`, or say `-s prod`.")
        command(**given)

    hints |= {"stack": Annotated[str | None, arguments["stack"]], _OPTION: _Option, _CONTEXT: typer.Context}
    defaults = {name: each.default for name, each in parameters.items()}
    defaults |= {"stack": None if required else default, _OPTION: None, _CONTEXT: inspect.Parameter.empty}
    # All by keyword, so that an argument without a default may stand behind one that has got one.
    kind = inspect.Parameter.KEYWORD_ONLY
    made = [inspect.Parameter(name, kind, default=each, annotation=hints[name]) for name, each in defaults.items()]
    named.__dict__["__signature__"] = inspect.Signature(made)
    named.__annotations__ = hints
    return named


def _is_given(context: typer.Context) -> bool:
    """Whether the argument stands on the command line, as opposed to being its default."""
    source = context.get_parameter_source("stack")
    return source is not None and source.name == "COMMANDLINE"


def _argument(hint: object) -> ArgumentInfo | None:
    return next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, ArgumentInfo)), None)
