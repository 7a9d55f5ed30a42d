"""The provider's SDK by the class: a program imports the resources that it declares, not the folders they are in.

`pulumi_aws` loads a folder at the first use of a name in it: all resources of EC2 for one VPC, and with them 2,000
classes of nested inputs and outputs (`_inputs.py`, `outputs.py`). That is a fifth of the processor time of a preview.
Here each folder finds the one file that has the name, and builds a nested class when a resource mentions it, from the
same code. The classes are the SDK's own; `tests/runtime/test_sdk.py` compares them.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import typing
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pulumi

PACKAGE = "pulumi_aws"
NESTED, ENUMS = ("_inputs", "outputs"), "_enums"
SHARED = (*NESTED, ENUMS)
"""The files of a folder that hold the nested classes and the enumerations of all its resources."""
_HEAD = 4096
"""Characters in which the imports of such a file end; they take 700."""


def import_by_class() -> None:
    """From now on import only what is used of `pulumi_aws`; folders that are imported already stay as they are."""
    root = find_spec(PACKAGE)
    if PACKAGE in sys.modules or root is None or not root.submodule_search_locations:
        return
    sys.meta_path.insert(0, _Finder())
    for folder in Path(root.submodule_search_locations[0]).iterdir():
        if (folder / "outputs.py").is_file() or (folder / "_inputs.py").is_file():
            name = f"{PACKAGE}.{folder.name}"
            sys.modules[name] = _Folder(name, folder)


class _Folder(ModuleType):
    """A folder of the SDK: what its `__init__` would export, each name from its file when it is asked for."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name)
        self.__path__ = [str(folder)]
        self.__package__ = name
        self.__spec__ = ModuleSpec(name, None, is_package=True)
        self.__spec__.submodule_search_locations = self.__path__
        self._files = {file.stem.replace("_", ""): file.stem for file in folder.glob("*.py")}

    def __getattr__(self, name: str) -> object:
        if not name.startswith("__"):
            for file in self._homes(name):
                module = importlib.import_module(f"{self.__name__}.{file}")
                if file == name:
                    return module
                if hasattr(module, name):
                    self.__dict__[name] = getattr(module, name)
                    return self.__dict__[name]
        raise AttributeError(f"{self.__name__} has no {name}")

    def _homes(self, name: str) -> Iterator[str]:
        """The files that may have a name, likeliest first: `VpcEndpointArgs` is in `vpc_endpoint.py`."""
        plain = name.lower().replace("_", "")
        own = [file for start, file in self._files.items() if start and plain.startswith(start)]
        exact = [name] if name in self._files.values() else []
        shared = [file for file in SHARED if file in self._files.values()]
        yield from (*exact, *sorted(own, key=len, reverse=True)[:1], *shared)


class _Nested(ModuleType):
    """`_inputs` or `outputs` of a folder: its classes are built when something mentions them."""

    bodies: dict[str, CodeType]
    """Class -> the code of its body."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name not in self.__dict__.get("bodies", ()):
            raise AttributeError(f"{self.__name__} has no {name}")
        return self.build(name)

    def build(self, name: str) -> object:
        """Make a class as its file would, and those that its properties are of."""
        space, output = self.__dict__, self.__name__.endswith(".outputs")
        bases = (dict,) if output else (typing.TypedDict,) if name.endswith("Dict") else ()
        # What the statement `class` does, with the body that the file was compiled to.
        made = builtins.__build_class__(FunctionType(self.bodies[name], space), name, *bases)
        if output:
            made = pulumi.output_type(made)
        elif not bases:
            made = pulumi.input_type(made)
        space[name] = made
        enums = sys.modules.get(f"{self.__package__}.{ENUMS}")
        for word in _words(self.bodies[name]):
            if word in self.bodies and word not in space:
                self.build(word)
            elif isinstance(enums, _Enums) and word in enums.bodies:
                space[word] = getattr(enums, word)
        return made


class _Enums(ModuleType):
    """`_enums` of a folder, run as a whole when something asks for one of its classes."""

    code: CodeType
    bodies: dict[str, CodeType]

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name not in self.__dict__.get("bodies", ()):
            raise AttributeError(f"{self.__name__} has no {name}")
        exec(self.code, self.__dict__)  # noqa: S102 as an import does
        return self.__dict__[name]


class _Finder(MetaPathFinder):
    """Finds the files of the SDK's folders, and has them loaded as above."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder, _, file = fullname.rpartition(".")
        if not folder.startswith(f"{PACKAGE}.") or not isinstance(sys.modules.get(folder), _Folder):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            kind = _EnumsLoader if file == ENUMS else _NestedLoader if file in NESTED else _ResourceLoader
            spec.loader = kind(fullname, spec.origin)
        return spec


class _NestedLoader(SourceFileLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Nested(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run what stands above the classes, the imports; keep the classes for later."""
        assert isinstance(module, _Nested)  # noqa: S101 made above
        with Path(self.path).open(encoding="utf-8") as file:
            imports = file.read(_HEAD).partition("\n__all__")[0]
        exec(compile(imports, self.path, "exec"), module.__dict__)  # noqa: S102 the SDK's
        module.bodies = _bodies(_compiled(self, module))
        module.__dict__["__all__"] = []  # for `from ._inputs import *`, which would build every class


class _EnumsLoader(SourceFileLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Enums(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Keep the file's code for later."""
        assert isinstance(module, _Enums)  # noqa: S101 made above
        module.code = _compiled(self, module)
        module.bodies = _bodies(module.code)
        module.__dict__["__all__"] = []


class _ResourceLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Run the file, then give it the shared classes that it mentions: the SDK reads them from its annotations."""
        code = _compiled(self, module)
        exec(code, module.__dict__)  # noqa: S102 as an import does
        words = set(_words(code))
        for kind in SHARED:
            held = sys.modules.get(f"{module.__package__}.{kind}")
            for word in words & held.bodies.keys() if isinstance(held, _Nested | _Enums) else ():
                found = getattr(held, word)
                if kind != "outputs":  # which is mentioned as `outputs.Name`
                    module.__dict__[word] = found


def _compiled(loader: SourceFileLoader, module: ModuleType) -> CodeType:
    code = loader.get_code(module.__name__)
    if code is None:
        raise ImportError(f"{module.__name__} has no code", name=module.__name__)
    return code


def _bodies(code: CodeType) -> dict[str, CodeType]:
    """The bodies of the classes of a file, by name."""
    return {each.co_name: each for each in code.co_consts if isinstance(each, CodeType)}


def _words(code: CodeType) -> Iterator[str]:
    """The class names among the constants of a piece of code, which its annotations are part of."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _words(each)
        elif isinstance(each, str):
            yield each.removeprefix("outputs.")
