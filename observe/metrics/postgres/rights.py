"""What a session may, asked with each scrape, so that a right that was taken or given is seen at the next one."""

from __future__ import annotations

from collections.abc import Sequence

from observe.metrics.postgres.pipeline import Answer
from observe.metrics.postgres.reading import Reading, text
from observe.metrics.source import Refused
from observe.observation import Right


class Rights:
    """The rights that readings name, and which of them the session has."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        """Collect them; nothing is known yet."""
        named = [right for each in readings for right in (each.demands, each.needs) if right and right.held]
        self._all = tuple(dict.fromkeys(named))
        self._held: set[Right] = set()
        self._login = ""
        self.known = False

    @property
    def statement(self) -> str:
        """What asks for all of them."""
        return "SELECT " + ", ".join(["current_user", *(f"({each.held})" for each in self._all)])

    def learn(self, answer: Answer) -> None:
        """Take in what the server says."""
        if answer.rows:
            login, *held = answer.rows[0]
            self._login = text(login)
            self._held = {right for right, value in zip(self._all, held, strict=True) if value == b"t"}
            self.known = True

    def forget(self) -> None:
        """Another session may log in as somebody else."""
        self.known = False

    def may_ask(self, reading: Reading) -> bool:
        """Whether the server would answer."""
        return reading.demands is None or reading.demands in self._held

    def refused(self, reading: Reading) -> list[Refused]:
        """The metrics of a reading that are missing, or show only a part."""
        right = next((each for each in (reading.demands, reading.needs) if each and each not in self._held), None)
        if right is None:
            return []
        login = self._login.replace('"', '""')
        reason = right.lack.format(login=login, name=right.name)
        return [Refused(each, reason, right.grant.format(login=login)) for each in reading.metrics]
