"""Commands of the AWS CLI: the region is always said, except to IAM, which has none."""

import pytest

from knowledge.commands import aws, in_region


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "aws rds describe-events"),
        ({"region": "eu-west-3"}, "aws rds describe-events --region eu-west-3"),
        ({"region": "eu-west-3", "profile": "ops"}, "aws rds describe-events --region eu-west-3 --profile ops"),
    ],
)
def test_where_a_command_goes(given: dict[str, str], expected: str) -> None:
    assert aws("rds describe-events", **given) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "`aws kms delete-alias --alias-name a`: it stays",
            "`aws kms delete-alias --alias-name a --region sa-east-1`: it stays",
        ),
        ("delete it, then `aws iam delete-role --role-name a`", "delete it, then `aws iam delete-role --role-name a`"),
        ("`aws rds a` and `aws rds b`", "`aws rds a --region sa-east-1` and `aws rds b --region sa-east-1`"),
        ("`datatier up`, not aws", "`datatier up`, not aws"),
    ],
)
def test_every_command_of_a_sentence_goes_to_the_region(sentence: str, expected: str) -> None:
    assert in_region(sentence, "sa-east-1") == expected
