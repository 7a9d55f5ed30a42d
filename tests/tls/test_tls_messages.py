"""What libpq 15 to 18, OpenSSL 1.1 to 3 and redis-py say about TLS, and what we say in its place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bootstrap.secrets.tls import Kind, Place, Shown, kind_of, sentence

LIBPQ = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: '
REFUSED = (
    "connection failed: - host: 'localhost', hostaddr: '::1': connection to server at \"::1\", port 5432 failed: "
    "Connection refused Is the server running on that host and accepting TCP/IP connections? - "
)
REDIS = "Error 1 connecting to cache:6379. [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
MENDS_15 = "Either provide the file or change sslmode to disable server certificate verification."
MENDS_16 = (
    "Either provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable "
    "server certificate verification."
)
WHO = 'for host "10.0.0.2", user "app", database "clinic"'


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # libpq
        (LIBPQ + "SSL error: certificate verify failed", "unclear"),
        (REFUSED + LIBPQ + "SSL error: certificate verify failed", "unclear"),
        (LIBPQ + "SSL error: certificate verify failed: unable to get local issuer certificate", "authority"),
        (LIBPQ + 'server certificate for "other" does not match host name "db"', "host"),
        (LIBPQ + 'server certificate for "other" (and 1 other name) does not match host name "db"', "host"),
        (LIBPQ + 'server certificate for "other" (and 3 other names) does not match host name "db"', "host"),
        (LIBPQ + "could not get server's host name from server certificate", "host"),
        (LIBPQ + "server does not support SSL, but SSL was required", "plaintext"),
        (LIBPQ + f'root certificate file "/a.pem" does not exist {MENDS_15}', "bundle"),
        (LIBPQ + f'root certificate file "/a.pem" does not exist {MENDS_16}', "bundle"),
        (LIBPQ + 'could not read root certificate file "/a.pem": no certificate or crl found', "bundle"),
        (LIBPQ + f"FATAL: no pg_hba.conf entry {WHO}, no encryption", "tls-only"),
        (LIBPQ + f"FATAL: no pg_hba.conf entry {WHO}, SSL off", "tls-only"),
        (LIBPQ + f"FATAL: no pg_hba.conf entry {WHO}, SSL encryption", None),
        (LIBPQ + "SSL SYSCALL error: EOF detected", "unclear"),
        (LIBPQ + "SSL error: wrong version number", "plaintext"),
        (LIBPQ + "received invalid response to SSL negotiation: H", "unclear"),
        (LIBPQ + 'FATAL: password authentication failed for user "app"', None),
        (LIBPQ + "FATAL: sorry, too many clients already", None),
        (LIBPQ + 'FATAL: database "clinic" does not exist', None),
        (LIBPQ + "Connection refused Is the server running on that host and accepting TCP/IP connections?", None),
        ('could not translate host name "db.example" to address: Name or service not known', None),
        # Python's ssl by way of redis-py
        (REDIS + "unable to get local issuer certificate (_ssl.c:1006).", "authority"),
        (REDIS + "self signed certificate (_ssl.c:1006).", "authority"),
        (REDIS + "self-signed certificate in certificate chain (_ssl.c:1018).", "authority"),
        (REDIS + "unable to verify the first certificate (_ssl.c:1018).", "authority"),
        (REDIS + "Hostname mismatch, certificate is not valid for 'cache'. (_ssl.c:1006).", "host"),
        (REDIS + "IP address mismatch, certificate is not valid for '10.0.0.1'. (_ssl.c:1006).", "host"),
        (REDIS + "certificate has expired (_ssl.c:1006).", "expired"),
        (REDIS + "certificate is not yet valid (_ssl.c:1006).", "early"),
        (
            "Error 1 connecting to cache:6379. [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006).",
            "plaintext",
        ),
        (
            "Error 1 connecting to cache:6379. [SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1018).",
            "plaintext",
        ),
        ("Error 1 connecting to cache:6379. [SSL] unknown error (_ssl.c:1018).", "unclear"),
        ("Error 2 connecting to cache:6379. No such file or directory.", "bundle"),
        (
            "Error 136 connecting to cache:6379. [X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate (_ssl.c:4149).",
            "bundle",
        ),
        ("Timeout connecting to server", "unclear"),
        ("Error while reading from cache:6379 : (104, 'Connection reset by peer')", "unclear"),
        ("Connection closed by server.", "unclear"),
        ("Error 111 connecting to cache:6379. Connection refused.", None),
        ("Error -2 connecting to cache:6379. Name or service not known.", None),
    ],
)
def test_what_a_message_is_about(message: str, expected: Kind | None) -> None:
    assert kind_of(message) == expected


SHOWN = Shown(
    names=("a.example", "b.example"),
    since=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    until=datetime(2027, 1, 2, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("kind", "shown", "expected"),
    [
        ("host", SHOWN, "its certificate is for `a.example` and `b.example`, not for `db`: connect by a name that"),
        ("host", None, "its certificate is for another host, not for `db`: connect by a name that it is for"),
        ("expired", SHOWN, "its certificate expired on 2027-01-02 00:00 UTC: renew it on the server"),
        ("expired", None, "its certificate expired: renew it on the server"),
        ("early", SHOWN, "its certificate is not valid before 2026-01-02 03:04 UTC: set this computer's clock"),
        ("early", None, "its certificate is not valid yet: set this computer's clock"),
        ("authority", None, "its certificate is signed by an authority that is not in the system's bundle: if the"),
        ("plaintext", None, "it does not speak TLS: turn that on there (`ssl = on`)"),
        ("tls-only", None, "it takes TLS only: say sslmode=verify-full"),
        ("bundle", None, "there are no certificate authorities at the system's bundle: name a file of them (PEM) as X"),
    ],
)
def test_what_is_said(kind: Kind, shown: Shown | None, expected: str) -> None:
    place = Place(engine="postgres", host="db", port=5432, roots=None, trust="X")
    assert sentence(kind, place, shown).startswith(expected)
