"""What RDS adds to PostgreSQL's login: a member of `rds_iam` is asked for a token, and its password is of no use.

RDS hands the token to PAM. Here a RADIUS server stands in for that: like PAM it lets PostgreSQL ask for it in the
clear and decides itself (RFC 2865), and `+rds_iam` in pg_hba.conf is PostgreSQL's own.
"""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from real_servers import Postgres

SHARED = b"shared-with-postgres"
ACCEPT, REJECT = 2, 3


def token_of(host: str, port: int, user: str, region: str) -> str:
    """Takes a real token's place: RADIUS takes no more than 128 characters."""
    return f"token:{region}:{user}"


@contextmanager
def tokens_only(server: Postgres, region: str) -> Iterator[set[str]]:
    """Let members of rds_iam in by token alone; gives the users whose IAM policy is missing."""
    refused: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radius, server.superuser() as conn:
        radius.bind(("127.0.0.1", 0))
        radius.settimeout(0.2)
        ended = threading.Event()
        thread = threading.Thread(target=_answer, args=(radius, region, refused, ended))
        thread.start()
        row = conn.execute("SHOW hba_file").fetchone()
        assert row
        hba = Path(row[0])
        before = hba.read_text()
        rule = f'host all +rds_iam 127.0.0.1/32 radius radiusservers="127.0.0.1" radiussecrets="{SHARED.decode()}"'
        try:
            hba.write_text(f'{rule} radiusports="{radius.getsockname()[1]}"\n{before}')
            conn.execute("SELECT pg_reload_conf()")
            yield refused
        finally:
            hba.write_text(before)
            conn.execute("SELECT pg_reload_conf()")
            ended.set()
            thread.join()


def _answer(radius: socket.socket, region: str, refused: set[str], ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            packet, client = radius.recvfrom(4096)
        except TimeoutError:
            continue
        asked = dict(_attributes(packet[20:]))
        user, password = asked[1].decode(), _plain(asked[2], packet[4:20])
        good = password == token_of("", 0, user, region) and user not in refused
        head = bytes([ACCEPT if good else REJECT, packet[1]]) + (20).to_bytes(2, "big")
        radius.sendto(head + hashlib.md5(head + packet[4:20] + SHARED, usedforsecurity=False).digest(), client)


def _attributes(left: bytes) -> Iterator[tuple[int, bytes]]:
    while left:
        yield left[0], left[2 : left[1]]
        left = left[left[1] :]


def _plain(hidden: bytes, previous: bytes) -> str:
    """RFC 2865, 5.2: each block is XORed with MD5 of the shared secret and the block before."""
    found = b""
    for start in range(0, len(hidden), 16):
        block = hidden[start : start + 16]
        mask = hashlib.md5(SHARED + previous, usedforsecurity=False).digest()
        found += bytes(a ^ b for a, b in zip(block, mask, strict=True))
        previous = block
    return found.rstrip(b"\0").decode()
