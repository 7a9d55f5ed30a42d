"""Clients whose answers a test may take the place of; what it leaves alone the account behind them answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.awsrequest import AWSResponse

Answer = dict[str, Any]
Intercept = Callable[[str, str, str, Mapping[str, Any]], Answer | None]
"""Service, operation, region and parameters of a call -> what is answered in AWS's place; None: AWS answers."""


def refused(code: str = "AccessDenied") -> Answer:
    """An answer that is an error."""
    return {"Error": {"Code": code, "Message": f"{code}."}}


class Intercepted:
    """Clients of an account."""

    def __init__(self, clients: Callable[[str, str], Any]) -> None:
        made = cache(lambda service, region: self._hook(clients(service, region), service, region))
        making = threading.Lock()  # a cache makes one twice for two who ask at once, and both would be listened to

        def client(service: str, region: str) -> Any:
            with making:
                return made(service, region)

        self._clients = client
        self.asked: list[tuple[str, str]] = []
        """Service and operation of each call since `with_answers`."""
        self._intercept: Intercept = lambda *_: None

    def with_answers(self, intercept: Intercept = lambda *_: None) -> Callable[[str, str], Any]:
        """Service and region -> client."""
        self.asked, self._intercept = [], intercept
        return self._clients

    def _hook(self, client: Any, service: str, region: str) -> Any:
        def ask(params: Mapping[str, Any], context: Any, **_: Any) -> None:
            context["asked"] = dict(params)

        def answer(model: Any, context: Any, **_: Any) -> Any:
            self.asked.append((service, model.name))
            told = self._intercept(service, model.name, region, context["asked"])
            if told is None:
                return None
            status = 400 if "Error" in told else 200
            return AWSResponse("https://nowhere", status, {}, None), {**told, "ResponseMetadata": {}}

        client.meta.events.register("provide-client-params", ask)
        client.meta.events.register("before-call", answer)
        return client
