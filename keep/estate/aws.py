"""`Estate` on AWS: RDS and ElastiCache of one region, by boto3."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bootstrap.aws import Where, aws_client
from bootstrap.secrets import Secret
from keep.estate.aws_caches import Caches
from keep.estate.aws_groups import Landing
from keep.estate.aws_instances import Instances
from keep.estate.estate import Made


class AwsEstate(Instances, Caches):
    """Implements `Estate`. What is in another region is another one of these."""

    def __init__(
        self,
        region: str,
        prefix: str,
        *,
        endpoint: Where = None,
        landing: Landing | None = None,
        token: Callable[[str], Secret | None] = lambda _: None,
    ) -> None:
        """Ask nobody yet.

        :param prefix: of the stack's names.
        :param landing: where copies go in a region that has no instance of the stack.
        :param token: AUTH token of a replication group, which its copy gets as well; asked for when one is made.
        """
        self._prefix, self._landing, self._token = prefix, landing, token
        self._rds = aws_client("rds", region, endpoint, patient=True)
        self._elasticache = aws_client("elasticache", region, endpoint, patient=True)

    def made(self) -> Sequence[Made]:
        """What drills of this stack have made and is still there."""
        return (*self.made_instances(), *self.made_caches())
