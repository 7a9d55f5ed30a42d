"""The whole report of the base tier with a cache, and that a preview over the imported state says the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from agreement import agree
from described_around import route_table, secret
from described_cache import running
from offline_program import run
from tiers import tier

from adopt.adoption import Adoption, adoption
from adopt.estate import Estate
from adopt.report import Remark
from graph.deployment import Deployment
from infra.settings.problems import SettingsError, SettingsProblem
from knowledge.ownership import TAG

TODAY = date(2026, 11, 30)


def whole(**differs: object) -> Estate:
    return replace(tier(**differs), caches={"main": running()})


def adopt(estate: Estate, *, computed: bool = False) -> Adoption:
    return adoption(estate, "live", "clinic", run("live"), today=TODAY, computed=computed)


@pytest.fixture(scope="module")
def base() -> Adoption:
    return adopt(whole())


_INSTANCE = {
    "applyImmediately", "copyTagsToSnapshot", "enabledCloudwatchLogsExports", "iamDatabaseAuthenticationEnabled",
    "monitoringRoleArn", "tags", "vpcSecurityGroupIds",
}  # fmt: skip
_CACHE = {
    "applyImmediately", "autoMinorVersionUpgrade", "description", "finalSnapshotIdentifier",
    "logDeliveryConfigurations", "notificationTopicArn", "securityGroupIds", "tags",
}  # fmt: skip
CHANGED = {
    "postgres-primary": (
        "db-ORDERSABCDEFGHIJKLMNOPQ",
        _INSTANCE | {"allowMajorVersionUpgrade", "finalSnapshotIdentifier", "skipFinalSnapshot"},
    ),
    "postgres-parameters": ("orders-pg16", {"tags"}),
    "postgres-postgresql-log": ("/aws/rds/instance/orders/postgresql", {"tags"}),
    "postgres-reports-instance": ("db-ORDERSREPORTSABCDEFGHIJKLMNOPQ", _INSTANCE),
    "postgres-reports-parameters": ("orders-reports-pg16", {"tags"}),
    "postgres-standby-instance": ("db-ORDERSSTANDBYABCDEFGHIJKLMNOPQ", _INSTANCE),
    "main-group": ("orders-main", _CACHE),
    "main-parameters": ("orders-main-redis7", {"tags"}),
}
"""Resource -> what it is imported by, and the inputs that change in place."""


def test_everything_that_is_there_is_taken_and_what_changes_of_it_is_in_place(base: Adoption) -> None:
    there = [each for each in base.report.entries if each.id]
    assert {each.name: (each.id, {impact.key for impact in each.impacts}) for each in there} == CHANGED
    assert {each.verdict for each in there} == {"changed"}
    assert {impact.effect for each in there for impact in each.impacts} == {"in place"}
    assert {each.verdict for each in base.report.entries if not each.id} == {"new"}
    assert (base.report.refused, base.report.refusals, base.report.unread) == (False, (), ())


def test_what_is_left_is_said_once(base: Adoption) -> None:
    said = [each.what for each in base.report.left]
    assert said
    assert sorted(set(said)) == sorted(said)


def test_a_server_of_another_stack_is_refused_and_so_is_one_that_this_stack_has_already() -> None:
    mine, theirs = ({TAG: f"clinic-{stack}"} for stack in ("live", "prod"))
    tagged = whole()
    tagged = replace(tagged, primary=replace(tagged.primary, tags=theirs))
    refused = adopt(tagged).report
    assert [(each.what, each.whole) for each in refused.refusals] == [("orders", True)]
    assert refused.refused
    assert "part of the stack `clinic-prod`" in refused.refusals[0].why
    again = adopt(replace(tagged, primary=replace(tagged.primary, tags=mine))).report
    assert [(each.what, each.whole) for each in again.refusals] == [("orders", True)]
    assert again.refused
    assert "this stack's already" in again.refusals[0].why
    assert "`aws rds remove-tags-from-resource --resource-name arn:aws:rds:" in again.refusals[0].way


def test_tags_of_others_are_left_alone_and_the_stacks_own_comes_beside_them() -> None:
    tagged = whole()
    tags = {"team": "fulfilment", "backup": "daily", "aws:cloudformation:stack-name": "old"}
    made = adopt(replace(tagged, primary=replace(tagged.primary, tags=tags)))
    assert made.config["aws:ignoreTags"] == {"keys": ["backup", "team"]}
    assert list(made.config)[:2] == ["aws:region", "aws:ignoreTags"]
    (tag,) = (i for e in made.report.entries if e.name == "postgres-primary" for i in e.impacts if i.key == "tags")
    assert (tag.before or {}, tag.after, tag.rule) == ({}, {TAG: "clinic-live"}, "silent")


def test_rules_that_what_is_there_breaks_are_let_pass_for_a_time() -> None:
    made = adopt(whole(MasterUsername="root"))
    entry = {
        "rule": "rds-username",
        "resource": "postgres-primary",
        "reason": "as it was before the stack: username is root",
        "until": "2027-12-31",
    }
    assert entry in made.config["data-tier:suppress"]
    said = "rds-username of postgres-primary until 2027-12-31, as it was before the stack: username is root"
    assert Remark(key="data-tier:suppress", said=said) in made.report.remarks
    # A day that somebody has chosen stays.
    chosen = {**made.config, "data-tier:suppress": [{**entry, "until": "2027-03-31"}]}
    again = adoption(whole(MasterUsername="root"), "live", "clinic", run("live"), today=TODAY, config=chosen)
    assert {**entry, "until": "2027-03-31"} in again.proposed["data-tier:suppress"]


def test_what_is_said_above_a_key_of_the_file_is_said_in_the_report() -> None:
    remarks = {each.key: each.said for each in adopt(whole()).report.remarks}
    assert "look whether it holds" in remarks["data-tier:postgres.existing.master_secret"]


@pytest.mark.parametrize(
    ("names", "key", "said"),
    [
        (
            (),
            "data-tier:postgres.existing",
            "No secret with the password of orders_root was found, by which the bootstrap logs in: add master_secret, "
            "its ARN, or store the password by `datatier adopt live --instance orders --region eu-west-1 "
            "--store-master`; then run the adoption again.",
        ),
        (
            ("orders/admin", "orders/master"),
            "data-tier:postgres.existing",
            "Add master_secret, the ARN of the secret that holds the master's password: orders/admin, orders/master "
            "may.",
        ),
        (("clinic-live/master",), "data-tier:postgres.existing", None),
        (("clinic-live/master", "orders/master"), "data-tier:postgres.existing", None),
    ],
)
def test_a_master_whose_password_is_in_no_one_secret(names: tuple[str, ...], key: str, said: str | None) -> None:
    """The first bootstrap logs in as the master: that it cannot is said before anything is deployed."""
    secrets = tuple(secret(each) for each in names)
    made = adopt(whole(around={"secrets": secrets}))
    assert next((each.said for each in made.report.remarks if each.key == key), None) == said
    assert "master_secret" not in made.config["data-tier:postgres"]["existing"]


def test_a_network_whose_ranges_were_not_read_is_said_to_need_them() -> None:
    """The endpoints that the stack makes would shut out whoever calls AWS from the VPC."""
    public = (route_table(out="GatewayId", to="igw-0a1b2c3d"),)
    made = adopt(whole(around={"vpcs": (), "route_tables": public}))
    assert "endpoint_clients" not in made.config["data-tier:network"]
    said = {each.key: each.said for each in made.report.remarks}["data-tier:network"]
    assert said == (
        "Add endpoint_clients, the VPC's networks: the stack's endpoints answer all of it for elasticache, kms, logs, "
        "rds, secretsmanager and sts."
    )


def test_what_no_stacks_file_may_say_is_a_refusal_with_the_key() -> None:
    def program(_: object) -> Deployment:
        raise SettingsError("Pulumi.live.yaml", [SettingsProblem("data-tier:postgres.port", "is 80.")])

    refused = adoption(whole(), "live", "clinic", program).report
    assert [(each.what, each.why, each.whole) for each in refused.refusals] == [
        ("data-tier:postgres.port", "is 80", True)
    ]


AGREES = {
    "the base tier": lambda: adopt(whole()),
    "with what is computed": lambda: adopt(whole(), computed=True),
}


@pytest.mark.parametrize("case", AGREES)
def test_a_preview_over_the_imported_state_says_what_the_report_says(case: str) -> None:
    agree(AGREES[case]())
