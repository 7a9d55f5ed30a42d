"""A look at a server's TLS after a login failed: libpq keeps to itself why a certificate was not good enough."""

from __future__ import annotations

import socket
import ssl
import struct
from datetime import UTC, datetime

from bootstrap.secrets.tls import Kind, Place, Shown, kind_of, sentence

# Seconds for each look: the login has waited for the server already.
LOOK = 3.0
# PostgreSQL, protocol message formats: SSLRequest.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
# openssl/x509_vfy.h: X509_V_FLAG_NO_CHECK_TIME; Python has no name for it.
_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
# A host name that is none is a ValueError (of its IDNA encoding).
_NOBODY = (OSError, ValueError)


class _PlainTextError(Exception):
    """The server speaks, but not TLS."""


def explain(message: str, place: Place) -> str | None:
    """Return what is wrong with the server's TLS; None where the message is about something else."""
    kind = kind_of(message)
    if kind == "unclear":
        kind = look(place)
    if kind is None:
        return None
    return sentence(kind, place, certificate(place) if kind in {"host", "expired", "early"} else None)


def look(place: Place) -> Kind | None:
    """Return what is wrong with a server's TLS; None where nothing is, or nobody answers."""
    if place.engine == "postgres" and not place.tls:
        return None  # a server that takes TLS only says so itself
    try:
        raw = _connect(place)
    except _NOBODY:
        return None
    with raw:
        if not place.tls:
            return "tls-only" if _speaks_tls(raw, place) else None
        try:
            with _handshake(raw, place, _context(place)):
                return None
        except _PlainTextError:
            return "plaintext"
        except ssl.SSLCertVerificationError as error:
            kind = kind_of(error.verify_message)
            return "authority" if kind in {None, "unclear"} else kind
        except FileNotFoundError:
            return "bundle"
        except _NOBODY:
            return "plaintext" if place.engine == "redis" and _answers_in_the_clear(place) else None


def certificate(place: Place) -> Shown | None:
    """Return what a trusted certificate says of itself, its names and dates aside; None where it cannot be had."""
    try:
        context = _context(place)
        context.check_hostname = False
        context.verify_flags |= _NO_CHECK_TIME
        with _connect(place) as raw, _handshake(raw, place, context) as channel:
            found = channel.getpeercert() or {}
    except (_PlainTextError, *_NOBODY):
        return None
    names = found.get("subjectAltName", ())
    since, until = (ssl.cert_time_to_seconds(str(found[name])) for name in ("notBefore", "notAfter"))
    return Shown(
        names=tuple(str(name[1]) for name in names if isinstance(name, tuple)),
        since=datetime.fromtimestamp(since, UTC),
        until=datetime.fromtimestamp(until, UTC),
    )


def _context(place: Place) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if place.roots:
        context.load_verify_locations(place.roots)
    else:
        context.load_default_certs()
    return context


def _connect(place: Place) -> socket.socket:
    return socket.create_connection((place.host, place.port), timeout=LOOK)


def _handshake(raw: socket.socket, place: Place, context: ssl.SSLContext) -> ssl.SSLSocket:
    if place.engine == "postgres":
        raw.sendall(_SSL_REQUEST)
        if raw.recv(1) != b"S":
            raise _PlainTextError
    return context.wrap_socket(raw, server_hostname=place.host)


def _speaks_tls(raw: socket.socket, place: Place) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _handshake(raw, place, context):
            return True
    except _NOBODY:
        return False


def _answers_in_the_clear(place: Place) -> bool:
    """Whether it answers PING without TLS; it asks for a login first, which is an answer too."""
    try:
        with _connect(place) as raw:
            raw.sendall(b"PING\r\n")
            return raw.recv(1) in {b"+", b"-"}
    except OSError:
        return False
