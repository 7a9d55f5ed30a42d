"""Objects as they are written: compressed in frames that carry checksums, and hashed in the same pass.

Neither zstd nor lz4 of pg_dump writes checksums: one flipped bit restores with exit 0 and other data. Here each frame
has one (Zstandard's Content_Checksum), and the whole object its SHA-256 in the manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

import zstandard

from keep.errors import DamagedError
from keep.manifest import StoredObject
from keep.place.place import Place, Reader, Sink, Writer

CHUNK = 1 << 20
"""Bytes that are read at a time."""
FRAME = 2 << 20
"""Bytes before compression in one frame: what a reader holds at most, and loses to one flipped bit. It stays in a
processor's cache: frames of 8 MiB took a tenth more time and were no smaller."""
QUICK = zstandard.ZstdCompressionParameters.from_level(1, write_checksum=True)
THOROUGH = zstandard.ZstdCompressionParameters(
    strategy=zstandard.STRATEGY_DFAST, min_match=5, window_log=20, chain_log=15, hash_log=16, search_log=1,
    write_checksum=True,
)  # fmt: skip
"""Zstandard's level 1, and its level 3 with half its window and tables, which stay in a processor's cache: as small to
within a hundredth, in 0.6 of prose's time and 0.7 of rows'. Which of the two is smaller depends on what comes: of
prose the thorough one is by a tenth, of keys, numbers and hashes the quick one is by as much."""
TRIAL = 16
"""Frames after which both are tried anew."""
WORTH = 1.02
"""How much larger a quick frame may be: it takes half the time."""


Buffer = bytes | memoryview
"""What a chunk may be."""


class _Hashed:
    def __init__(self, out: Writer) -> None:
        self._out, self._sha, self.size = out, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._sha.update(data)
        self.size += len(data)

    @property
    def hexdigest(self) -> str:
        return self._sha.hexdigest()


def seal(place: Sink, backup: str, name: str, chunks: Iterable[Buffer], *, compress: bool = True) -> StoredObject:
    """Write `chunks` as the object `name` of a backup and return what the manifest says of it.

    Each chunk is done with before the next is asked for. Where the chunks raise, or the place does, nothing of the
    object is left.
    """
    with place.write(f"{backup}/{name}") as out:
        hashed = _Hashed(out)
        for piece in _frames(chunks) if compress else map(bytes, chunks):
            hashed.write(piece)
    return StoredObject(name=name, bytes=hashed.size, sha256=hashed.hexdigest, compressed=compress)


def _frames(chunks: Iterable[Buffer]) -> Iterator[bytes]:
    compress, frame, filled = _Compressor(), memoryview(bytearray(FRAME)), 0
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            part = rest[: FRAME - filled]
            frame[filled : filled + len(part)] = part
            filled, rest = filled + len(part), rest[len(part) :]
            if filled == FRAME:
                yield compress(frame)
                filled = 0
    if filled:
        yield compress(frame[:filled])


class _Compressor:
    """Makes frames at the level that suits what comes: a dump is one table after another, each of its own kind."""

    def __init__(self) -> None:
        self._quick, self._thorough = (zstandard.ZstdCompressor(compression_params=each) for each in (QUICK, THOROUGH))
        self._number, self._best = 0, self._quick

    def __call__(self, data: memoryview) -> bytes:
        trial = self._number % TRIAL == 0
        self._number += 1
        if not trial:
            return self._best.compress(data)
        quick, thorough = self._quick.compress(data), self._thorough.compress(data)
        if len(quick) <= len(thorough) * WORTH:
            self._best = self._quick
            return quick
        self._best = self._thorough
        return thorough


@contextmanager
def unsealed(place: Place, backup: str, stored: StoredObject) -> Iterator[Iterator[bytes]]:
    """Give the content of an object piece by piece; raise DamagedError where it is not what was written.

    That is known for certain at its end only: whoever must not act on damaged data reads to the end first (`checked`).
    """
    where = f"{place.address}/{backup}/{stored.name}"
    with ExitStack() as stack:
        try:
            source = stack.enter_context(place.read(f"{backup}/{stored.name}"))
        except KeyError:
            raise DamagedError(f"{where} is missing") from None
        yield _content(source, stored, where)


def checked(place: Place, backup: str, stored: StoredObject) -> None:
    """Read an object to its end; raise DamagedError where it is missing or not what was written."""
    with unsealed(place, backup, stored) as content:
        for _ in content:
            pass


def reread(place: Place, backup: str, stored: StoredObject) -> None:
    """Read an object to its end as it lies there; raise DamagedError where those are not the bytes that were written.

    For what was compressed a moment ago: it is not decompressed, which `checked` takes most of its time for.
    """
    checked(place, backup, stored.model_copy(update={"compressed": False}))


def _content(source: Reader, stored: StoredObject, where: str) -> Iterator[bytes]:
    sha, size = hashlib.sha256(), 0

    def read() -> Iterator[bytes]:
        nonlocal size
        while chunk := source.read(CHUNK):
            sha.update(chunk)
            size += len(chunk)
            yield chunk

    try:
        yield from _unframed(read()) if stored.compressed else read()
    except zstandard.ZstdError as error:
        raise DamagedError(f"{where} is damaged: {error}") from None
    except KeyError:
        raise DamagedError(f"{where} was removed while it was read") from None
    if size != stored.bytes:
        raise DamagedError(f"{where} has {size} bytes, and the manifest says {stored.bytes}")
    if sha.hexdigest() != stored.sha256:
        raise DamagedError(f"{where} is damaged: its SHA-256 is not the manifest's")


def _unframed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)
    for chunk in chunks:
        if found := decompressor.decompress(chunk):
            yield found
