"""One proof from beginning to end; whatever happens, the alarms are reset and the queue is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from alarms.prove.bell import Bell, bells
from alarms.prove.mailbox import LEASE_SECONDS, Listener, Mailbox
from alarms.prove.outcome import Clients, ProofOutcome
from alarms.prove.plan import ProofPlan, plan
from alarms.prove.read_back import read_back
from alarms.prove.ringer import WORKERS, Ringer
from alarms.prove.undisturbed import undisturbed


@dataclass(kw_only=True)
class Proof:
    """What a proof found: per alarm and topic, whether the notification arrived."""

    run: str
    outcomes: list[ProofOutcome] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    """Who else hears the topics."""
    cleared: list[str] = field(default_factory=list)
    """Queues and alarms of killed proofs that this one put right."""
    left: list[str] = field(default_factory=list)
    """What could not be put back or removed."""
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether every alarm arrived, and everything is as it was."""
        return all(outcome.arrived for outcome in self.outcomes) and not self.left


@dataclass
class _Wait:
    """One notification that is waited for."""

    bell: Bell
    since: float
    heard: float | None = None


def prove(
    clients: Clients,
    stack: str,
    names: Sequence[str],
    run: str,
    *,
    limit: float,
    alone: bool,
    report: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Prove the alarms of these names.

    :param limit: seconds to wait for a round's messages once all of it is rung.
    :param alone: whether it is certain that no other proof of this stack runs (a lock of the caller's says so).
    :param report: called with one sentence for each thing that happens.
    """
    began = time.monotonic()
    proof = Proof(run=run)
    there = bells(clients.cloudwatch, names)
    wanted = sorted({topic for bell in there.values() for topic in bell.topics})
    ringer, mailbox = Ringer(clients.cloudwatch, run), Mailbox(clients.sqs, clients.sns, stack, run)
    listening, old = mailbox.listeners(wanted)
    topics = list(listening)
    proof.listeners = [each for topic in topics for each in listening[topic]]
    proof.cleared = mailbox.clear(old, time.time(), alone=alone)
    if left := ringer.clear(there.values()):
        proof.cleared += left
        there = bells(clients.cloudwatch, names)
    planned = plan(names, there, topics)
    proof.outcomes = [
        ProofOutcome(alarm=name, topic="", arrived=False, seconds=None, why=why) for name, why in planned.silent.items()
    ]
    if planned.rounds:
        _rounds(proof, planned, ringer, mailbox, topics, limit, report)
        proof.outcomes = read_back(clients, topics, there, proof.outcomes)
    proof.seconds = time.monotonic() - began
    return proof


def _rounds(
    proof: Proof,
    planned: ProofPlan,
    ringer: Ringer,
    mailbox: Mailbox,
    topics: Sequence[str],
    limit: float,
    report: Callable[[str], None],
) -> None:
    try:
        mailbox.open(topics, time.time())
        for bells_of_round in planned.rounds:
            waits = _round(bells_of_round, ringer, mailbox, limit)
            proof.outcomes += [_outcome(key, wait, limit) for key, wait in waits.items()]
            report(f"{sum(w.heard is not None for w in waits.values())} of {len(waits)} notifications arrived")
    finally:
        with undisturbed():
            try:
                proof.left += ringer.restore()
            finally:
                proof.left += mailbox.close()


def _round(rung: Sequence[Bell], ringer: Ringer, mailbox: Mailbox, limit: float) -> Mapping[tuple[str, str], _Wait]:
    """Ring at once, receive in one loop."""
    waits = {(bell.name, topic): _Wait(bell, 0.0) for bell in rung for topic in bell.topics}
    renewed = time.monotonic()
    patience = limit + max(bell.wait for bell in rung)
    pool = ThreadPoolExecutor(max_workers=WORKERS)
    try:
        rings = [pool.submit(_ring, ringer, bell, waits) for bell in rung]
        deadline: float | None = None
        repeated = False
        while any(wait.heard is None for wait in waits.values()):
            now = time.monotonic()
            if deadline is None and all(ring.done() for ring in rings):
                _failed(rings)
                deadline = now + patience
            if deadline is not None and now > deadline:
                break
            if deadline is not None and not repeated and now > deadline - patience / 2:
                repeated = True
                for bell in {wait.bell.name: wait.bell for wait in waits.values() if wait.heard is None}.values():
                    rings.append(pool.submit(ringer.again, bell))
            if now - renewed > LEASE_SECONDS / 4:
                mailbox.renew(time.time())
                renewed = now
            _receive(mailbox, waits)
        _failed(rings)
        return waits
    finally:
        # Nothing may be set any more when restoring begins.
        pool.shutdown(wait=True, cancel_futures=True)


def _ring(ringer: Ringer, bell: Bell, waits: Mapping[tuple[str, str], _Wait]) -> None:
    for topic in bell.topics:
        waits[bell.name, topic].since = time.monotonic()
    ringer.ring(bell)


def _receive(mailbox: Mailbox, waits: Mapping[tuple[str, str], _Wait]) -> None:
    for heard in mailbox.receive(wait=1):
        wait = waits.get((heard.alarm, heard.topic))
        if wait is not None and wait.heard is None and heard.state == "ALARM":
            wait.heard = time.monotonic()


def _failed(rings: Sequence[Future[None]]) -> None:
    for ring in rings:
        if ring.done():
            ring.result()


def _outcome(key: tuple[str, str], wait: _Wait, limit: float) -> ProofOutcome:
    alarm, topic = key
    if wait.heard is None:
        return ProofOutcome(alarm=alarm, topic=topic, arrived=False, seconds=None, why=f"nothing came in {limit:g} s")
    return ProofOutcome(alarm=alarm, topic=topic, arrived=True, seconds=wait.heard - wait.since)
