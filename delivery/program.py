"""The program: settings in, roles, and what the pipelines and the stacks need to know of them out."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.delivery.args import DeliveryArgs
from components.delivery.roles import Delivery
from delivery.existing import declared
from delivery.settings import load
from infra.engine_config import engine_config
from infra.settings.stackfile import project_config
from infra.trigger import PACKAGE


def program() -> None:
    """Declare the roles of the account."""
    settings = load(
        engine_config(), source=f"delivery/Pulumi.{pulumi.get_stack()}.yaml", project=project_config(PACKAGE)
    )
    account, partition = aws.get_caller_identity().account_id, aws.get_partition().partition
    made = Delivery(
        "delivery",
        DeliveryArgs(
            name=settings.name,
            account_id=account,
            partition=partition,
            repository=settings.github(),
            environments=settings.environments,
            branch=settings.branch,
            workflow=settings.workflow,
            drift=settings.drift,
            networks=settings.networks,
            existing=declared(PACKAGE, settings.environments, account, partition),
            state=settings.pulumi_state(),
            provider_arn=settings.provider,
            cluster=settings.operator(),
            session_hours=settings.session_hours,
        ),
    )
    # `data-tier:boundary` of each stack; GitHub's variables AWS_DEPLOY_ROLE, AWS_PREVIEW_ROLE and AWS_DRIFT_ROLE.
    pulumi.export("boundaries", made.boundary_arns)
    pulumi.export("deploy_roles", made.deploy_role_arns)
    pulumi.export("preview_role", made.preview_role_arn)
    pulumi.export("drift_role", made.drift_role_arn)
    pulumi.export("provider", made.provider_arn)
