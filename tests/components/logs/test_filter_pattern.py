"""The evaluation of filter patterns by the examples of CloudWatch's own guide, and what it refuses."""

from __future__ import annotations

import pytest
from filter_pattern import PatternError, matches


@pytest.mark.parametrize(
    ("pattern", "event", "counted"),
    [
        ('"ERROR"', "[ERROR 400] BAD REQUEST", True),
        ('"ERROR"', "[error 400] bad request", False),
        ('"ERROR" "ARGUMENTS"', "[ERROR 419] MISSING ARGUMENTS", True),
        ('"ERROR" "ARGUMENTS"', "[ERROR 401] UNAUTHORIZED REQUEST", False),
        ('?"ERROR" ?"ARGUMENTS"', "[INFO 419] MISSING ARGUMENTS", True),
        ('?"ERROR" ?"ARGUMENTS"', "[INFO 200] OK", False),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] SERVER INTERNAL ERROR", False),
        ('"ERROR" -"ARGUMENTS"', "[ERROR 400] BAD REQUEST", True),
        ('"ERROR" -"ARGUMENTS"', "[ERROR 419] MISSING ARGUMENTS", False),
    ],
)
def test_examples(pattern: str, event: str, counted: bool) -> None:
    assert matches(pattern, event) is counted


@pytest.mark.parametrize("pattern", ["ERROR", "%regex%", '?"A" "B"', '?"A" -"B"', '-"A"', "", '[a, b="c"]', '"open'])
def test_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        matches(pattern, "anything")
