"""Which certificate authorities of a downloaded bundle are RDS's: those in `rds_authorities.csv`, by fingerprint.

The download is a file that anybody on the way could have changed, and who controls an authority in it reads every
connection; what is pinned is therefore each certificate, not the file, which AWS adds regions to.
"""

from __future__ import annotations

import binascii
import csv
import hashlib
import re
import ssl
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """The certificates of a bundle."""

    known: bytes
    """PEM of RDS's; empty where there is none."""
    unknown: tuple[str, ...]
    """SHA-256 fingerprints of the others."""


def sort(bundle: bytes) -> Sorted:
    """RDS's certificates of a bundle (PEM), and the fingerprints of all others."""
    found = {fingerprint(pem): pem for pem in _CERTIFICATE.findall(bundle)}
    known = [pem for digest, pem in found.items() if digest in pinned()]
    return Sorted(
        known=b"".join(pem + b"\n" for pem in known),
        unknown=tuple(digest for digest in found if digest not in pinned()),
    )


def fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate as `openssl x509 -fingerprint -sha256` has it, in lower case without colons."""
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).hexdigest()
    except (ValueError, binascii.Error):
        return hashlib.sha256(pem).hexdigest()  # of what is not a certificate, so that it has a name


@cache
def pinned() -> dict[str, str]:
    """SHA-256 -> subject."""
    lines = files(__package__).joinpath("rds_authorities.csv").read_text("utf-8").splitlines()
    return {row["sha256"]: row["subject"] for row in csv.DictReader(each for each in lines if not each.startswith("#"))}
