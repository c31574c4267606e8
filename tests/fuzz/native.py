"""Fuzzes our C++ with libFuzzer and the address and undefined-behaviour sanitizers.

The targets are native/fuzz/*.cpp. The compiler is Clang as the package `ziglang` brings it;
libFuzzer and the runtime of the sanitizers come with Atheris; GCC links them.
"""

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from sysconfig import get_path

from tests.fuzz.arguments import libfuzzer_arguments, parser
from tests.fuzz.seeds import pictures

_REPOSITORY = Path(__file__).parents[2]
_NATIVE = _REPOSITORY / "native"
_BUILT = _REPOSITORY / "build" / "fuzz"
_FLAGS = (
    *("-std=c++20", "-O2", "-g", "-ffp-contract=off"),
    "-fsanitize=fuzzer-no-link,address,undefined",
    *("-fno-sanitize-recover=all", "-fno-sanitize-trap=all", "-fno-omit-frame-pointer"),
    *("-I", str(_NATIVE)),
)
# Instruction set → what the compiler calls it; as in CMakeLists.txt.
_INSTRUCTION_SETS = {"plain": "x86_64", "avx2": "x86_64_v3", "avx512": "x86_64_v4"}


def targets() -> list[str]:
    """Return the names of the targets."""
    return sorted(path.stem for path in (_NATIVE / "fuzz").glob("*.cpp") if path.stem != "main")


def build(target: str) -> Path:
    """Return the program of a target, compiled anew if anything under native/ has changed."""
    program = _BUILT / target
    sources = [*_NATIVE.rglob("*.?pp"), Path(__file__)]
    changed = max(path.stat().st_mtime for path in sources)
    if program.exists() and program.stat().st_mtime > changed:
        return program
    folder = _BUILT / f"{target}.objects"
    folder.mkdir(parents=True, exist_ok=True)
    objects = [
        _compiled(_NATIVE / "fuzz" / f"{target}.cpp", folder / "target.o"),
        _compiled(_NATIVE / "fuzz" / "main.cpp", folder / "main.o"),
    ]
    if target == "kernels":
        here = _NATIVE / "pdq/kernels_here.cpp"
        objects.append(_compiled(here, folder / "here.o", "-DTAKEBACK_X86_64_LEVELS"))
        for name, machine in _INSTRUCTION_SETS.items():
            flags = (f"-DTAKEBACK_ISA={name}", f"-mcpu={machine}")
            objects.append(_compiled(_NATIVE / "pdq/kernels.cpp", folder / f"{name}.o", *flags))
    runtime = Path(get_path("platlib")) / "asan_with_fuzzer.so"  # Atheris lays it beside itself
    unfinished = program.with_suffix(".unfinished")
    _run("g++", *map(str, objects), str(runtime), f"-Wl,-rpath,{runtime.parent}", "-o", unfinished)
    unfinished.replace(program)
    return program


def _compiled(source: Path, output: Path, *flags: str) -> Path:
    compiler = (sys.executable, "-m", "ziglang", "c++")
    machine = () if any(flag.startswith("-mcpu") for flag in flags) else ("-mcpu=x86_64",)
    _run(*compiler, *_FLAGS, *_gcc_headers(), *machine, *flags, "-c", source, "-o", output)
    return output


@cache
def _gcc_headers() -> tuple[str, ...]:
    """Return the options for the headers of the C++ library that GCC links with."""
    preprocessor = subprocess.run(
        ["g++", "-E", "-x", "c++", "-", "-v"], input=b"", capture_output=True, check=True
    )
    folders = [
        line.strip() for line in preprocessor.stderr.decode().splitlines() if "/c++/" in line
    ]
    return ("-nostdinc++", *(f"-I{folder}" for folder in folders if Path(folder).is_dir()))


def _run(*command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"A fuzz target can't be built.\n{done.stderr}")


def main() -> None:
    """Build the target on the command line and become it."""
    asking = parser(__doc__ or "")
    asking.add_argument("target", choices=targets())
    chosen, further = asking.parse_known_args()
    program = str(build(chosen.target))
    if chosen.replay:
        os.execv(program, [program, *map(str, chosen.replay)])
    os.execv(program, [program, *libfuzzer_arguments(chosen, _seeds(chosen)), *further])


def _seeds(chosen: argparse.Namespace) -> Iterator[bytes]:
    if chosen.target == "jpeg_markers":
        yield from pictures("image/jpeg", chosen.torture)
    else:  # numbers and then pixels, all of them arbitrary
        noise = random.Random(1)
        yield from (noise.randbytes(length) for length in (40, 100, 400) for _ in range(8))


if __name__ == "__main__":
    main()
