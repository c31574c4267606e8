"""Contracts of the house that import-linter has no words for: rooms, and names handed on.

`pyproject.toml` names them; `lint-imports` checks them beside its own.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_MEETING_PLACES = ("access", "actions", "domain")


class RoomContract(Contract):
    """Rooms of one package meet through `access`, `actions` and `domain`, and their faces only.

    `package`: the rooms are the packages in it. `composition`: the rooms that put the others
    together and may reach into them. `faces`: further modules that others may import, with the
    room, such as `log.watch`. The tables of a room (`models`) are imported by that room and, to
    read, by the `access` of others.
    """

    type_name = "rooms"

    package = fields.StringField()
    composition = fields.ListField(subfield=fields.StringField())
    faces = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import from one room into another."""
        package, composition, faces = (
            str(self.package),
            _strings(self.composition),
            set(_strings(self.faces)),
        )
        unused = set(faces)
        broken = []
        for importer in sorted(graph.find_descendants(package)):
            room, inside = _parted(importer, package)
            if room in composition:
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                other, module = _parted(imported, package)
                if other in ("", room):
                    continue
                face = f"{other}.{module}" if module else other
                unused -= {face, other}
                if module == "models":
                    allowed = inside == "access"
                else:
                    allowed = module in _MEETING_PLACES or bool({face, other} & faces)
                if not allowed:
                    broken.append(f"{importer} imports {imported}")
        broken += [f"nobody imports the face {face}" for face in sorted(unused)]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that goes around."""
        _print(check)


class OwnNamesContract(Contract):
    """A module imports a name from where it is defined: nothing is handed on by another package.

    `package`: what is looked at. `faces`: packages whose `__init__` hands on names of its own
    modules, because it is their documented face.
    """

    type_name = "own_names"

    package = fields.StringField()
    faces = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every `from … import …` in the package's source."""
        package, faces = str(self.package), _strings(self.faces)
        modules = {package, *graph.find_descendants(package)}
        trees = {module: _tree(module) for module in sorted(modules)}
        defined = {module: set(_defined(tree)) for module, tree in trees.items()}
        broken = []
        for module, tree in trees.items():
            for source, name in _imported(tree):
                known = name in defined.get(source, {name}) or source in faces
                if not known and not _is_module(f"{source}.{name}"):
                    broken.append(f"{module} takes {name} from {source}, which only hands it on")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each name that is not taken from where it is defined."""
        _print(check)


def _strings(field: fields.ListField) -> list[str]:
    """The strings of a field, which import-linter puts in the place of its declaration."""
    return [str(value) for value in cast(Iterable[object], field)]


def _parted(module: str, package: str) -> tuple[str, str]:
    """Return the room of a module and its name inside; both empty outside the package."""
    if not module.startswith(f"{package}."):
        return "", ""
    room, _, rest = module.removeprefix(f"{package}.").partition(".")
    return room, rest.partition(".")[0]


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None  # a compiled one is in no graph
    except ModuleNotFoundError:  # what it would stand in is no package
        return False


def _tree(module: str) -> ast.Module:
    spec = find_spec(module)
    return ast.parse(Path(spec.origin).read_text()) if spec and spec.origin else ast.Module([], [])


def _defined(tree: ast.AST) -> Iterator[str]:
    """The names that the top level of a module binds, be it under a condition."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Import(names=names):  # a library's module under a name of ours
                yield from (alias.asname or alias.name for alias in names)
            case _:
                yield from _defined(node)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


def _print(check: ContractCheck) -> None:
    for line in check.metadata["broken"]:
        output.print_error(line, bold=False)
