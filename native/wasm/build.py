"""Builds the PDQ kernel as WebAssembly for the browser: `python native/wasm/build.py OUTPUT`."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

NATIVE = Path(__file__).parents[1].resolve()
SOURCES = (NATIVE / "wasm/module.cpp", *NATIVE.rglob("*.hpp"), Path(__file__).resolve())

# The oldest WebAssembly that the compiler can use without a C library, so that old phones can run
# it: Chrome 75, Firefox 79, Safari 15. SIMD would ask for Safari 16.4.
FLAGS = (
    "-target", "wasm32-freestanding", "-mcpu=mvp+bulk_memory",
    "-std=c++20", "-O3", "-ffp-contract=off", "-fno-exceptions", "-fno-rtti",
    "-Wall", "-Wextra", "-Werror",
    "-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all",
    "-I", str(NATIVE),
)  # fmt: skip


def is_current(output: Path) -> bool:
    """Say whether `output` is newer than everything it is made from."""
    return output.exists() and all(
        output.stat().st_mtime >= source.stat().st_mtime for source in SOURCES
    )


def build(output: Path) -> None:
    """Compile the module to `output`, which is replaced in one step.

    Raises SystemExit with a message if the compiler is missing or the kernel does not compile.
    """
    if importlib.util.find_spec("ziglang") is None:
        raise SystemExit(
            "The WebAssembly compiler is missing. Run `make setup`, or `pip install ziglang`."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_suffix(".unfinished")
    compiler = [sys.executable, "-m", "ziglang", "c++"]
    result = subprocess.run(  # noqa: S603 - every word of the command is ours
        [*compiler, *FLAGS, "-o", str(unfinished), str(SOURCES[0])], check=False
    )
    if result.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise SystemExit(f"{SOURCES[0]} does not compile to WebAssembly; the errors are above.")
    unfinished.replace(output)


def main() -> None:
    """Build the module named on the command line, unless it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="where to write it: web/public-build/pdq.wasm")
    output: Path = parser.parse_args().output
    if not is_current(output):
        build(output)


if __name__ == "__main__":
    main()
