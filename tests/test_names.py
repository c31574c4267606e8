"""What names may not be: words that do not say what a variable holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = ["src", "tests", "benchmarks", "tools", "examples"]
SAY_NOTHING = {"one", "some", "said", "told", "asked"}


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store(), lineno=line):
                yield name, line
            case ast.arg(arg=name, lineno=line):
                yield name, line
            case ast.FunctionDef(name=name, lineno=line) | ast.ClassDef(name=name, lineno=line):
                yield name, line
            case (
                ast.MatchAs(name=str(name), lineno=line) | ast.alias(asname=str(name), lineno=line)
            ):
                yield name, line


def test_every_name_says_what_it_holds() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{line} {name}"
        for folder in FOLDERS
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        for name, line in bound_names(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_").lower() in SAY_NOTHING
    ]
    assert found == []
