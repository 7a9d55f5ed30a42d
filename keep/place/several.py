"""Several places written in one pass: a place that fails is left behind, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field

from bootstrap.errors import BootstrapError
from keep.place.place import Place, Writer


@dataclass
class Copies:
    """Gives the objects of one backup to every place that still takes them.

    What fails is the place's own doing only: an error of whoever makes the data ends the object in every place.
    """

    places: Sequence[Place]
    failed: dict[str, str] = field(default_factory=dict)
    """Address of a place that has been given up -> what went wrong, in a sentence."""

    @property
    def going(self) -> list[Place]:
        """The places that still take objects."""
        return [place for place in self.places if place.address not in self.failed]

    def give_up(self, place: Place, error: BootstrapError) -> None:
        """Go on without this place; raise the error where it was the last one."""
        self.failed[place.address] = str(error)
        if not self.going:
            raise error

    def each(self, act: Callable[[Place], object]) -> None:
        """Have something done in each of them."""
        for place in self.going:
            try:
                act(place)
            except BootstrapError as error:
                self.give_up(place, error)

    @contextmanager
    def write(self, key: str, *, replace: bool = False) -> Iterator[Writer]:
        """Write one object to all of them."""
        writing: dict[str, _Writing] = {}
        out = _Out(self, writing)
        try:
            for place in self.going:
                context = place.write(key, replace=replace)
                try:
                    writing[place.address] = _Writing(place, context, context.__enter__())
                except BootstrapError as error:
                    self.give_up(place, error)
            yield out
        except BaseException as error:
            for each in writing.values():
                each.end(error)
            raise
        for each in list(writing.values()):
            try:
                each.context.__exit__(None, None, None)
            except BootstrapError as error:
                self.give_up(each.place, error)


@dataclass(frozen=True)
class _Writing:
    place: Place
    context: AbstractContextManager[Writer]
    out: Writer

    def end(self, error: BaseException) -> None:
        """Let the place take away what it has of the object."""
        with suppress(Exception):
            self.context.__exit__(type(error), error, error.__traceback__)


@dataclass(frozen=True)
class _Out:
    copies: Copies
    writing: dict[str, _Writing]

    def write(self, data: bytes, /) -> None:
        for each in list(self.writing.values()):
            try:
                each.out.write(data)
            except BootstrapError as error:
                del self.writing[each.place.address]
                each.end(error)
                self.copies.give_up(each.place, error)
