"""A small stack declared by hand, so that the substrate's tests need no Pulumi program."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from graph.cloud import Made
from graph.resource import Resource
from local.down import down
from local.state import StateDir
from local.status import processes
from local.substrate import LocalCloud

POSTGRES_PARAMETERS = [
    {"name": "shared_buffers", "value": "1048576", "applyMethod": "pending-reboot"},
    {"name": "work_mem", "value": "16384", "applyMethod": "immediate"},
    {"name": "max_connections", "value": "60", "applyMethod": "pending-reboot"},
    {"name": "shared_preload_libraries", "value": "pg_stat_statements", "applyMethod": "pending-reboot"},
    {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"},
    {"name": "log_min_duration_statement", "value": "500", "applyMethod": "immediate"},
]
CACHE_PARAMETERS = [
    {"name": "maxmemory-policy", "value": "allkeys-lru"},
    {"name": "reserved-memory-percent", "value": "25"},
]


def declare(kind: str, name: str, inputs: dict[str, Any], **options: Any) -> Resource:
    return Resource(urn=f"urn:pulumi:test::data-tier::{kind}::{name}", type=kind, name=name, inputs=inputs, **options)


class Stack:
    """Declares and deploys the same resources again and again."""

    def __init__(self, project: Path, name: str = "test") -> None:
        self.project = project
        self.name = name
        self.replicas: tuple[str, ...] = ("t-replica",)
        self.made: dict[str, Made] = {}
        self.cloud: LocalCloud | None = None
        self.removed: list[str] = []

    @property
    def state(self) -> StateDir:
        return StateDir(self.project, self.name)

    def up(self, *waves: Iterable[Resource]) -> dict[str, str]:
        """Deploy the waves (the usual stack without any), each after the other; returns logical name -> outcome."""
        state = self.state
        self.made = {}
        with state.lock():
            self.cloud = cloud = LocalCloud(state)
            cloud.start()
            try:
                with ThreadPoolExecutor(8) as pool:
                    for wave in waves or self.usual(cloud):
                        resources = list(wave)
                        made = pool.map(cloud.ensure, resources)
                        self.made |= {resource.name: one for resource, one in zip(resources, made, strict=True)}
            except BaseException:
                cloud.abandon()
                raise
            self.removed = cloud.finish()
        return {name: made.outcome for name, made in self.made.items()}

    def usual(self, cloud: LocalCloud) -> Iterable[list[Resource]]:
        """A database with replicas, a cache with a replica, and what they need in the emulator."""
        yield [
            declare("random:index/randomPassword:RandomPassword", "password", {"length": 30, "special": False}),
            declare("aws:rds/parameterGroup:ParameterGroup", "pg", {"name": "t-pg", "parameters": POSTGRES_PARAMETERS}),
            declare(
                "aws:elasticache/parameterGroup:ParameterGroup",
                "cache-pg",
                {"name": "t-cache", "parameters": CACHE_PARAMETERS},
            ),
            declare("aws:kms/key:Key", "key", {"description": "test"}),
            declare("aws:ec2/vpc:Vpc", "vpc", {"cidrBlock": "10.0.0.0/16"}),
            declare("aws:sns/topic:Topic", "topic", {"name": "t-critical"}),
        ]
        password = self.made["password"].outputs["result"]
        yield [
            declare(
                "aws:rds/instance:Instance",
                "primary",
                {
                    "identifier": "t-primary",
                    "engineVersion": "18",
                    "username": "t_admin",
                    "password": password,
                    "dbName": "hub",
                    "backupRetentionPeriod": 7,
                    "parameterGroupName": "t-pg",
                },
                secret_inputs=frozenset({"password"}),
                ignore_changes=("password",),
            ),
            declare(
                "aws:elasticache/replicationGroup:ReplicationGroup",
                "cache",
                {
                    "replicationGroupId": "t-cache",
                    "engine": "valkey",
                    "engineVersion": "8.1",
                    "numCacheClusters": 2,
                    "nodeType": "cache.t4g.small",
                    "parameterGroupName": "t-cache",
                    "port": 6379,
                },
            ),
            declare("aws:secretsmanager/secret:Secret", "secret", {"name": "t/master"}),
            declare(
                "aws:cloudwatch/metricAlarm:MetricAlarm",
                "alarm",
                {
                    "name": "t-cpu",
                    "comparisonOperator": "GreaterThanThreshold",
                    "evaluationPeriods": 5,
                    "metricName": "CPUUtilization",
                    "namespace": "AWS/RDS",
                    "period": 60,
                    "statistic": "Average",
                    "threshold": 90,
                    "dimensions": {"DBInstanceIdentifier": "t-primary"},
                    "alarmActions": [self.made["topic"].outputs["arn"]],
                },
            ),
        ]
        value = {"username": "t_admin", "password": password, "initial": True}
        yield [
            declare(
                "aws:secretsmanager/secretVersion:SecretVersion",
                "version",
                {"secretId": self.made["secret"].id, "secretString": json.dumps(value)},
                secret_inputs=frozenset({"secretString"}),
            ),
            *(
                declare(
                    "aws:rds/instance:Instance",
                    name,
                    {"identifier": name, "replicateSourceDb": "t-primary", "parameterGroupName": "t-pg"},
                )
                for name in self.replicas
            ),
        ]

    def pids(self) -> dict[str, int | None]:
        return {process.name: process.pid for process in processes(self.state)}

    def kill(self, server: str) -> None:
        """kill -9, and wait until the kernel has done it."""
        pid = self.pids()[server]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while self.pids()[server] is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def down(self, *, delete: bool = True) -> list[str]:
        return down(self.project, self.name, delete=delete)
