"""What is wrong with a server's TLS, as a sentence: libpq and OpenSSL say it in a dozen ways, or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["authority", "host", "expired", "early", "plaintext", "tls-only", "bundle", "unclear"]
"""`unclear`: TLS failed and the message does not say why; only a look at the server does (`handshake.look`)."""

# In this order: OpenSSL's "certificate verify failed" stands before its reason, and alone in all of libpq 15 to 18
# (fe-secure-openssl.c, open_client_SSL: the verification's result is not looked at).
_SIGNS: tuple[tuple[Kind, str], ...] = (
    ("expired", r"certificate has expired"),
    ("early", r"certificate is not yet valid"),
    # libpq 15: `for "a"`, 16 and newer with the number of the other names; Python since 3.7: OpenSSL's verify codes.
    ("host", r"server certificate for \".*\".* does not match host name|(Hostname|IP address) mismatch"),
    ("host", r"could not get server's host name from server certificate"),
    ("authority", r"unable to get (local )?issuer certificate|self[- ]signed certificate|unable to verify the first"),
    ("authority", r"CA certificate key too weak|invalid CA certificate|unknown ca"),
    ("plaintext", r"server does not support SSL|WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|wrong version number"),
    # `SSL off` up to 11, `no encryption` since 12.
    ("tls-only", r"no pg_hba\.conf entry for .*(no encryption|SSL off)"),
    ("bundle", r"root certificate file \".*\" does not exist|could not read root certificate file"),
    ("bundle", r"NO_CERTIFICATE_OR_CRL_FOUND|Error 2 connecting to .*No such file"),
    # A Redis without TLS waits for the end of what it takes for a command; one with TLS hangs up on plain text.
    ("unclear", r"certificate verify failed|SSL SYSCALL error|SSL error|\[SSL[:\]]|received invalid response to SSL"),
    ("unclear", r"Timeout|timed out|Connection reset by peer|Connection closed by server|closed the connection"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.DOTALL)) for kind, pattern in _SIGNS)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The server that was asked for, and where its client is given whom to trust."""

    engine: Literal["postgres", "redis"]
    host: str
    port: int
    roots: str | None
    """File of the trusted authorities; None for those of the system."""
    trust: str
    """Where one names such a file, e.g. `sslrootcert=FILE`."""
    tls: bool = True
    """Whether the client spoke TLS."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a server's certificate says."""

    names: tuple[str, ...]
    since: datetime
    until: datetime


def kind_of(message: str) -> Kind | None:
    """Return what a message of libpq, OpenSSL or redis-py is about; None where it is not about TLS."""
    return next((kind for kind, pattern in _COMPILED if pattern.search(message)), None)


def sentence(kind: Kind, place: Place, shown: Shown | None = None) -> str:
    """Return what is wrong and what mends it, to be put after `cannot log in to SERVER: `."""
    roots = place.roots or "the system's bundle"
    if kind == "authority":
        return (
            f"its certificate is signed by an authority that is not in {roots}: if the server is the right one, "
            f"put its authority into a file and name that as {place.trust}"
        )
    if kind == "host":
        names = " and ".join(f"`{name}`" for name in shown.names) if shown and shown.names else "another host"
        return f"its certificate is for {names}, not for `{place.host}`: connect by a name that it is for"
    if kind == "expired":
        when = f" on {_day(shown.until)}" if shown else ""
        return f"its certificate expired{when}: renew it on the server; if it has not, set this computer's clock"
    if kind == "early":
        when = f" before {_day(shown.since)}" if shown else " yet"
        return f"its certificate is not valid{when}: set this computer's clock, or the certificate's dates"
    if kind == "plaintext":
        on, off = _TURN_ON[place.engine]
        return f"it does not speak TLS: turn that on there ({on}); on loopback alone {off} does without"
    if kind == "tls-only":
        return f"it takes TLS only: say {_SPEAK[place.engine]}"
    if kind == "bundle":
        return f"there are no certificate authorities at {roots}: name a file of them (PEM) as {place.trust}"
    return "the TLS handshake failed"


_TURN_ON = {"postgres": ("`ssl = on`", "sslmode=disable"), "redis": ("`tls-port`", "redis://")}
_SPEAK = {"postgres": "sslmode=verify-full", "redis": "rediss:// in place of redis://"}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
