"""The user group of a cache, with its `default` user locked.

The other users belong to the bootstrap, which adds them to the group; Pulumi therefore ignores the group's members.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.secret import secret

LOCKED = "off -@all"
"""Switched off and without any command: a client that connects without a user name is this user."""


@dataclass(frozen=True, kw_only=True)
class CacheUsersArgs:
    """Id and engine of a user group."""

    user_group_id: str
    """Physical id of the group; the user's is `<id>-default`."""
    engine: str
    """`valkey` or `redis`."""


class CacheUsers(pulumi.ComponentResource):
    """A user group that admits nobody until the bootstrap adds users."""

    user_group_id: pulumi.Output[str]
    """Id of the group, for the replication group."""

    def __init__(self, name: str, args: CacheUsersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the locked user, then the group: a Redis group without a user named `default` is refused, and an
        association cannot add one later."""
        super().__init__("data-tier:index:CacheUsers", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Valkey refuses a user without a password, even one that is off; nobody ever uses this one.
        password = random.RandomPassword(
            f"{name}-default-password",
            length=64,
            special=False,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["result"]),
        )
        user = aws.elasticache.User(
            f"{name}-default",
            user_id=f"{args.user_group_id}-default",
            user_name="default",
            engine=args.engine,
            access_string=LOCKED,
            passwords=[secret(password.result)],
            opts=child,
        )
        group = aws.elasticache.UserGroup(
            f"{name}-group",
            user_group_id=args.user_group_id,
            engine=args.engine,
            user_ids=[user.user_id],
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["userIds"]),
        )
        self.user_group_id = group.user_group_id
        self.register_outputs({"user_group_id": self.user_group_id})
