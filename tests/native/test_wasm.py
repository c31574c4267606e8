"""The WebAssembly module: how it is built, and its edges."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fingerprints.kernels import REPOSITORY, build_wasm

BUILD = REPOSITORY / "native/wasm/build.py"


def build(output: Path) -> None:
    subprocess.run([sys.executable, str(BUILD), str(output)], check=True)


def test_the_module_asks_for_nothing_and_any_strips_give_the_same() -> None:
    result = subprocess.run(
        ["node", "--test", str(Path(__file__).with_name("wasm.test.mjs"))],
        env={**os.environ, "PDQ_WASM": str(build_wasm())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_the_module_is_built_once_and_again_when_it_is_older_than_its_sources(
    tmp_path: Path,
) -> None:
    output = tmp_path / "new folder/pdq.wasm"
    build(output)
    first = output.stat()
    assert output.read_bytes().startswith(b"\0asm")
    assert first.st_size < 32_000
    build(output)
    assert output.stat().st_mtime_ns == first.st_mtime_ns
    os.utime(output, (0, 0))
    build(output)
    assert output.stat().st_mtime_ns > 0
    assert [path.name for path in output.parent.iterdir()] == ["pdq.wasm"]


def test_a_missing_compiler_is_named(tmp_path: Path) -> None:
    without_packages = [sys.executable, "-I", "-S", str(BUILD), str(tmp_path / "pdq.wasm")]
    result = subprocess.run(without_packages, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "make setup" in result.stderr
