"""Described things held against botocore's model of what the service answers, so that no key or type is invented."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.validate import ParamValidator


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(
        botocore.session.get_session().get_component("data_loader").load_service_model(service, "service-2")
    )


def described(service: str, shape: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `service` could have answered; a key or a type that its shape does not have fails."""
    known = _model(service).shape_for(shape)
    report = ParamValidator().validate(given, known)
    assert not report.has_errors(), report.generate_report()
    _only_known(given, known)
    return dict(given)


def _only_known(given: Any, shape: Any) -> None:
    """The validator passes over unknown keys below the top of a structure of answers, and over enumerations."""
    if shape.type_name == "structure":
        unknown = set(given) - set(shape.members)
        assert not unknown, f"{shape.name} has no {', '.join(sorted(unknown))}"
        for key, value in given.items():
            _only_known(value, shape.members[key])
    elif shape.type_name == "list":
        for value in given:
            _only_known(value, shape.member)
    elif shape.type_name == "string" and getattr(shape, "enum", None):
        assert given in shape.enum, f"{shape.name} takes {', '.join(shape.enum)}, not {given}"
