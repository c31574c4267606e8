"""Fixtures of the fingerprint tests, and a last word on how near the kernels are to pdqhash."""

from collections.abc import Iterator

import pytest

from tests.fingerprints.kernels import WasmKernel

SUMMARY = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def wasm_kernel() -> Iterator[WasmKernel]:
    with WasmKernel() as kernel:
        yield kernel


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash.get(SUMMARY, []):
        terminalreporter.write_line(line)
