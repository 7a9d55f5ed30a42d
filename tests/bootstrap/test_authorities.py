"""The certificate authorities that a downloaded bundle may bring."""

from __future__ import annotations

import io
import re
import urllib.request
from collections import Counter
from pathlib import Path

import botocore
import pytest

from bootstrap import authorities, bundle

# Two of the authorities of the web, as botocore carries them, with the fingerprints that Amazon publishes
# (https://www.amazontrust.com/repository).
WEB = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
ROOT_1 = "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e"
ROOT_2 = "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4"


def pem_of(digest: str) -> bytes:
    found = re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", WEB, re.DOTALL)
    return next(each for each in found if authorities.fingerprint(each) == digest)


def download(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: io.BytesIO(content))
    monkeypatch.setattr(authorities, "pinned", lambda: {ROOT_1: "RDS's"})


def test_every_region_has_its_three_authorities() -> None:
    rows = [re.fullmatch(r"Amazon RDS (\S+) Root CA (\w+) G1", each) for each in authorities.pinned().values()]
    assert None not in rows
    regions = Counter(row[1] for row in rows if row)
    assert set(regions.values()) == {3}
    assert {"eu-west-1", "us-east-1", "ap-southeast-7", "mx-central-1"} <= set(regions)
    assert {row[2] for row in rows if row} == {"RSA2048", "RSA4096", "ECC384"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", each) for each in authorities.pinned())


def test_what_is_not_known_to_be_rds_s_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = pem_of(ROOT_1), pem_of(ROOT_2)
    download(monkeypatch, b"# a comment\n" + theirs + ours + ours)
    assert bundle.certificate_authorities(None) == ours
    assert f"and left out that are not in bootstrap/rds_authorities.csv: 1, the first with SHA-256 {ROOT_2}" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("digests", [[], [ROOT_2]])
def test_a_download_without_any_of_rds_s_is_refused(digests: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    download(monkeypatch, b"<html>" + b"".join(map(pem_of, digests)))
    with pytest.raises(bundle.BundleError, match="no certificate that is known to be RDS's"):
        bundle.certificate_authorities(None)


def test_what_is_no_certificate_is_not_known() -> None:
    found = authorities.sort(b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----")
    assert (found.known, len(found.unknown)) == (b"", 1)
