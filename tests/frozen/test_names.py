"""Names that live outside the code are kept: in secrets' files, ciphertexts, rows, environments.

Strings of the source are read without running it, wherever their modules stand. Most are told by
their shape; the rest by the function they are given to. Renaming such a function means renaming it
in the tables below: what it is given must stay. An f-string is kept with `{}` for what it inserts.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.frozen.snapshots import assert_frozen_lines

Constants = Mapping[str, set[str]]
SOURCE = Path(__file__).resolve().parents[2] / "src/takeback"

SHAPES: Mapping[str, re.Pattern[str]] = {
    # What keys are derived for, and what else is hashed with bytes before it.
    "label": re.compile(r"takeback[ /:][^.]*(?:v\d|\{\}).*|(?:subtree|cosignature)/v\d.*", re.S),
    # Channels of PostgreSQL, tasks, metrics, checks of Django.
    "identifier": re.compile(r"takeback_[a-z_{}]+|takeback\.(?:[a-z]+_[a-z_]+|[A-Z]\d+)"),
    "audit verb": re.compile(
        r"(?:appeal|case|confirmation|desk|entry|import|log|platform|staff)\.[a-z_.{}]+"
    ),
    # What a ciphertext belongs to, its associated data.
    "place of a ciphertext": re.compile(r"[a-z-]+/[a-z]+/\{\}|session/data"),
    "secret": re.compile(r"(?:log|webhook)-key(?:-\{\})?"),
    "cookie": re.compile(r"__(?:Host|Secure)-\w+"),
    "variable": re.compile(r"(?:TX_)?TAKEBACK_[A-Z_]+|DATABASE_URL|DJANGO_SETTINGS_MODULE"),
}
GIVEN: Mapping[str, tuple[str, int]] = {
    # function: what its argument is, and which one it is
    "secret": ("secret", 0),
    "secret_of_this_process": ("secret", 0),
    "derive_key": ("label", 1),
    "seal": ("place of a ciphertext", 1),
    "unseal": ("place of a ciphertext", 1),
    "seal_field": ("place of a ciphertext", 0),
    "unseal_field": ("place of a ciphertext", 0),
    "record": ("audit verb", 0),
    "record_all": ("audit verb", 0),
    "defer_once": ("queueing lock", 1),
}
NAMED: Mapping[str, str] = {
    # keyword argument: what it is
    "queueing_lock": "queueing lock",
    "lock": "lock",
    "envvar": "variable",
}
COOKIE_SETTINGS = "COOKIE_NAME"
DEFAULTS_OF_VARIABLES = {"get", "getenv", "whole_number"}
LOCK_NUMBERS = range(1 << 56, 1 << 63)


def test_names_outside_the_code_are_the_frozen_ones() -> None:
    assert_frozen_lines("names.txt", facts())


def facts() -> Iterator[str]:
    modules = [Module(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    public: dict[str, set[str]] = {}
    for module in modules:
        for name, found in module.constants.items():
            if not name.startswith("_"):
                public.setdefault(name, set()).update(found)
    for module in modules:
        yield from module.facts({**public, **module.constants})


class Module:
    """One module of the source: its tree, and the strings that names of it stand for."""

    def __init__(self, source: str) -> None:
        tree = ast.parse(source)
        self._nodes = list(ast.walk(tree))
        inserted = {
            id(part)
            for node in self._nodes
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        self._strings = [
            node
            for node in self._nodes
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inserted
        ]
        self.constants: dict[str, set[str]] = {}
        for node in self._nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._stands_for(name_of(target), node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self._stands_for(name_of(node.target), node.value)
            elif isinstance(node, ast.FunctionDef):
                last = node.body[-1]
                if isinstance(last, ast.Return) and last.value is not None:
                    self._stands_for(node.name, last.value)

    def _stands_for(self, name: str, value: ast.expr) -> None:
        if found := texts(value, self.constants):
            self.constants.setdefault(name, set()).update(found)

    def facts(self, constants: Constants) -> Iterator[str]:
        """The names in this module; `constants`: the strings behind its names and all public."""
        for string in self._strings:
            for text in texts(string, constants):
                for kind, shape in SHAPES.items():
                    if shape.fullmatch(text):
                        yield f"{kind} {text!r}"
        for node in self._nodes:
            if isinstance(node, ast.Call):
                yield from given(node, constants)
            elif isinstance(node, ast.Assign) and is_cookie_setting(node):
                yield from (f"cookie {text!r}" for text in values(node.value, constants))
            elif isinstance(node, ast.Constant) and isinstance(node.value, int):
                yield from lock_number(node.value)


def given(call: ast.Call, constants: Constants) -> Iterator[str]:
    name = name_of(call.func)
    if name in GIVEN:
        kind, place = GIVEN[name]
        for argument in call.args[place : place + 1]:
            yield from (f"{kind} {text!r}" for text in values(argument, constants))
    for keyword in call.keywords:
        if named := NAMED.get(keyword.arg or ""):
            yield from (f"{named} {text!r}" for text in values(keyword.value, constants))
    if name in DEFAULTS_OF_VARIABLES and call.args[1:]:
        default = call.args[1]
        for variable in values(call.args[0], constants):
            if SHAPES["variable"].fullmatch(variable) and isinstance(default, ast.Constant):
                yield f"variable {variable!r} is {default.value!r} unless it is set"


def is_cookie_setting(node: ast.Assign) -> bool:
    return any(name_of(target).endswith(COOKIE_SETTINGS) for target in node.targets)


def lock_number(number: int) -> Iterator[str]:
    """Numbers of advisory locks spell a word in ASCII."""
    if number in LOCK_NUMBERS and (word := number.to_bytes(8)).isalpha():
        yield f"advisory lock {word.decode()!r}"


def values(node: ast.expr, constants: Constants) -> set[str]:
    """The strings that an expression may be; none where only running it could say."""
    if isinstance(node, ast.IfExp):
        return values(node.body, constants) | values(node.orelse, constants)
    if isinstance(node, ast.Call):
        return constants.get(name_of(node.func), set())
    if isinstance(node, ast.Name) and node.id.isupper():
        return constants.get(node.id, set())
    return texts(node, constants)


def texts(node: ast.AST, constants: Constants) -> set[str]:
    """The string that stands here, if one does."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return {node.value.decode("latin-1")}
    if isinstance(node, ast.JoinedStr):
        return {"".join(part_of_f_string(part, constants) for part in node.values)}
    return set()


def part_of_f_string(part: ast.expr, constants: Constants) -> str:
    """Its text; `{}` for what it inserts, unless that is a constant."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    inserted = part.value if isinstance(part, ast.FormattedValue) else part
    if isinstance(inserted, ast.Name) and inserted.id.isupper():
        known = constants.get(inserted.id, set())
        if len(known) == 1:
            return next(iter(known))
    return "{}"


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
