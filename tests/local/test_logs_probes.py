"""The servers' logs without what a verification tries on purpose, unless that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.logs import LogsError, logs
from local.state import StateDir


def entry(where: str, who: str, pid: int, what: str) -> str:
    return f"2031-05-06 07:08:09 UTC:{where}:{who}:[{pid}]:{what}"


PROBE, CLIENT, OWN = (
    ("127.0.0.1(51)", "shop_web_a@shop", 7),
    ("127.0.0.1(52)", "shop_web_a@shop", 8),
    "rdsadmin@postgres",
)
PROBED = [
    entry(PROBE[0], "[unknown]@[unknown]", 7, "LOG:  connection received: host=127.0.0.1 port=51"),
    entry(*PROBE, "LOG:  connection authorized: user=shop_web_a database=shop application_name=datatier-probes"),
    entry(*PROBE, "ERROR:  permission denied for table orders"),
    entry(*PROBE, "STATEMENT:  DELETE FROM orders"),
    "\t WHERE false -- error of a probe",
]
REAL = [
    entry(*CLIENT, "LOG:  connection authorized: user=shop_web_a database=shop application_name=web"),
    entry(*CLIENT, "ERROR:  duplicate key value violates unique constraint"),
    entry(*CLIENT, "STATEMENT:  INSERT INTO orders"),
    "\t VALUES (1) -- error of the shop",
]
WAITED = [entry("127.0.0.1(50)", OWN, 6, "FATAL:  the database system is starting up")]
# Another session on the probe's port, and one of another port in a process of the same number.
LATER = [
    entry("127.0.0.1(51)", "shop_web_a@shop", 9, "ERROR:  canceling statement"),
    entry("127.0.0.1(53)", "shop_web_a@shop", 7, "ERROR:  deadlock detected"),
]


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = StateDir(tmp_path, "shop-eu")
    folder = made.folder("log")
    # The entries of two sessions that are there at the same time stand in turns; a statement's lines stay together.
    lines = [*WAITED, *PROBED[:2], *REAL[:2], *PROBED[2:], *REAL[2:], *LATER]
    (folder / "shop-eu.log").write_text("\n".join(lines) + "\n")
    return made


def texts(state: StateDir, match: str, **more: bool) -> list[str]:
    return [line.text.rpartition("]:")[2] for line in logs(state, match=match, **more)]


def test_errors_are_the_applications_own(state: StateDir) -> None:
    assert texts(state, "error") == [
        "ERROR:  duplicate key value violates unique constraint",
        "\t VALUES (1) -- error of the shop",
        "ERROR:  canceling statement",
        "ERROR:  deadlock detected",
    ]


def test_what_was_tried_on_purpose_is_there_when_asked_for(state: StateDir) -> None:
    assert texts(state, "permission denied", probes=True) == ["ERROR:  permission denied for table orders"]
    assert texts(state, "permission denied") == []


def test_waiting_for_a_server_is_no_fault_of_it(state: StateDir) -> None:
    assert texts(state, "fatal") == []
    assert texts(state, "fatal", probes=True) == ["FATAL:  the database system is starting up"]


def test_no_lines_are_no_lines(state: StateDir) -> None:
    assert list(logs(state, last=0)) == []


@pytest.mark.parametrize(
    ("server", "match", "says"),
    [
        ("shop-ue", None, r"no server `shop-ue`: shop-eu\. Did you mean `shop-eu`\?"),
        (None, "[", r"--grep \[: not a regular expression"),
    ],
)
def test_what_cannot_be_asked_for(state: StateDir, server: str | None, match: str | None, says: str) -> None:
    with pytest.raises(LogsError, match=says):
        list(logs(state, server, match=match))
