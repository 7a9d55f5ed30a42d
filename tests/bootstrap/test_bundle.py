"""The Lambda bundle: what is in it and what is not, its size, and that the same files give the same bytes."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinic_project import CLINIC

from bootstrap import bundle
from graph.errors import CloudError
from local.handlers.function import built

CERTIFICATES = b"-----BEGIN CERTIFICATE-----\nof a test\n-----END CERTIFICATE-----\n"
# A bound of our own, so that it does not grow unnoticed: Lambda takes 250 MB unzipped (AWS Lambda, "Quotas").
LIMIT = 33_500_000
ROOM_FOR_CERTIFICATES = 200_000
# It weighs 7.3 MB; it is left out where the builder has no Python 3.13.
ROOM_FOR_BYTE_CODE = 7_500_000
CONTENT = {
    "annotated_types",
    "bootstrap",
    "capacity",
    "clients",
    "keep",
    "knowledge",
    "maintain",
    "migrations",
    "observe",
    "psycopg",
    "psycopg_binary",
    "psycopg_binary.libs",
    "pydantic",
    "pydantic_core",
    "redis",
    "schema",
    "typing_extensions.py",
    "typing_inspection",
}


def _build(target: Path, platform: str, certificates: bytes | None) -> Path:
    try:
        return bundle.build(target, bundle.PLATFORMS[platform], root=CLINIC, certificates=certificates)
    except bundle.BundleError as error:
        if "pip could not install" in str(error):
            pytest.skip(f"the wheels cannot be fetched: {error}")
        raise


@pytest.fixture(scope="module")
def local() -> Path:
    """The one that `up --runner lambda` keeps."""
    try:
        return built(CLINIC)
    except CloudError as error:
        pytest.skip(f"the wheels cannot be fetched: {error}")


@pytest.fixture(scope="module")
def unzipped(local: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(local) as archive:
        archive.extractall(folder)
    return folder


def _top(archive: zipfile.ZipFile) -> set[str]:
    found = {name.partition("/")[0] for name in archive.namelist()}
    return {name for name in found if not name.endswith(".dist-info") and name != "__pycache__"}


def test_what_lambda_gets(tmp_path: Path) -> None:
    with zipfile.ZipFile(_build(tmp_path / "runner.zip", "arm64", CERTIFICATES)) as archive:
        assert _top(archive) == CONTENT
        plain = sum(entry.file_size for entry in archive.infolist() if not entry.filename.endswith(".pyc"))
        assert plain < LIMIT - ROOM_FOR_CERTIFICATES - ROOM_FOR_BYTE_CODE
        assert sum(entry.file_size for entry in archive.infolist()) < LIMIT - ROOM_FOR_CERTIFICATES
        libraries = [name for name in archive.namelist() if name.endswith(".so")]
        assert {archive.read(name)[18:20] for name in libraries} == {b"\xb7\x00"}  # ELF e_machine: AArch64
        assert all("cpython-313-aarch64" in name for name in libraries)
        assert archive.read("bootstrap/rds-global-bundle.pem") == CERTIFICATES
        assert "bootstrap/bundle.py" not in archive.namelist()
        versions = {name for name in archive.namelist() if "/migrations/" not in name and name.endswith(".sql")}
        assert versions == {path.relative_to(CLINIC).as_posix() for path in CLINIC.glob("migrations/*.sql")}
        # Nothing of the builder's computer is in it.
        assert {(entry.date_time, entry.external_attr, entry.create_system) for entry in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o644 << 16, 3)
        }
        assert archive.namelist() == sorted(archive.namelist(), key=lambda name: name.split("/"))


def test_the_same_bytes_twice(local: Path, tmp_path: Path) -> None:
    assert _build(tmp_path / "b.zip", "local", None).read_bytes() == local.read_bytes()


PROBE = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import bootstrap.handler, keep.watch.handler
later = {"botocore", "boto3", "pulumi", "typer", "rich", "yaml", "infra", "components", "local", "cli"}
assert later & set(sys.modules) == set()
import bootstrap
for module in pkgutil.walk_packages(bootstrap.__path__, "bootstrap."):
    importlib.import_module(module.name)
libraries = ("psycopg", "psycopg_binary", "redis", "pydantic", "bootstrap", "clients", "keep", "knowledge", "observe")
files = [module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in libraries]
assert [file for file in files if file and not file.startswith(sys.argv[1])] == []
from bootstrap.application import BUNDLED
assert sorted(BUNDLED.glob("*.up.sql")), BUNDLED
import psycopg
assert psycopg.pq.__impl__ == "binary", psycopg.pq.__impl__
"""


@pytest.mark.skipif(
    sys.version_info < (3, 11, 3), reason="redis asks for async-timeout before 3.11.3; Lambda runs 3.13"
)
def test_it_needs_nothing_that_is_not_in_it(unzipped: Path) -> None:
    """As Lambda runs it: no site-packages, and botocore, which its runtime brings, only once it is called."""
    command = [sys.executable, "-I", "-S", "-B", "-c", PROBE, str(unzipped)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_byte_code_is_taken_as_it_is(unzipped: Path) -> None:
    """Unchecked: whatever time the files get, nothing is compiled again."""
    flags = {path.read_bytes()[4:8] for path in unzipped.rglob("*.pyc")}
    assert flags == {b"\x01\x00\x00\x00"}  # PEP 552: hash-based, not checked
    sources = {path.relative_to(unzipped) for path in unzipped.rglob("*.py")}
    assert len(sources) == len(list(unzipped.rglob("*.pyc")))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "--certificates {}: No such file or directory."),
        (
            b"not a certificate",
            "--certificates {} holds no certificate (PEM): take https://truststore.pki.rds.amazonaws",
        ),
    ],
)
def test_certificates_that_are_none(content: bytes | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(bundle.BundleError) as caught:
        bundle.certificate_authorities(file)
    assert str(caught.value).startswith(says.format(file))


def test_certificates_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "CERTIFICATES", "http://127.0.0.1:9/global-bundle.pem")
    with pytest.raises(bundle.BundleError, match="then `make bundle CERTIFICATES=FILE`"):
        bundle.certificate_authorities(None)


def test_a_file_that_was_named_is_taken_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ca.pem").write_bytes(CERTIFICATES)
    assert bundle.certificate_authorities(tmp_path / "ca.pem") == CERTIFICATES
    assert "ca.pem and kept, since the file was named" in capsys.readouterr().err
