"""Runs every fuzz target for its share of the time, on all lanes at once, and sums up."""

import argparse
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from tests.fuzz import crashes, native

_EXECUTED = re.compile(rb"stat::number_of_executed_units:\s*(\d+)")
_COVERAGE = re.compile(rb"cov: (\d+) ft:")
_REPLAYS = 3
_GRACE = 60.0  # seconds over its time until a target counts as hanging
_LEAST_SECONDS = 3.0  # to start again after a find


@dataclass(frozen=True)
class Target:
    """One run: a module of this folder and its arguments."""

    module: str
    arguments: tuple[str, ...]
    share: float
    """Of the time, beside the shares of the others."""

    @property
    def name(self) -> str:
        """What it is called in the summary, and its folder below var/fuzz."""
        return "-".join((self.module, *(word.rpartition("/")[2] for word in self.arguments)))


TARGETS = (
    Target("upload", (), 4),
    Target("decode", ("image/jpeg",), 2),
    Target("decode", ("image/png",), 2),
    Target("decode", ("image/tiff",), 2),
    Target("decode", ("image/webp",), 2),
    Target("decode", ("image/gif",), 2),
    Target("decode", ("image/bmp",), 1),
    Target("decode", ("image/avif",), 2),
    Target("decode", ("image/heic", "image/heif"), 2),
    Target("decoder", (), 3),
    Target("hostile_child", (), 2),
    Target("reply", (), 1),
    Target("sniff", (), 1),
    Target("predict", (), 2),
    Target("gate_request", (), 2),
    Target("native", ("jpeg_markers",), 1),
    Target("native", ("kernels",), 2),
)
BY_NAME = {target.name: target for target in TARGETS}


@dataclass
class Result:
    """What became of one target.

    `finds`: inputs that fail whenever they are tried; `passing`: those that failed once only.
    """

    executed: int = 0
    coverage: int = 0
    finds: list[Path] = field(default_factory=list)
    passing: list[Path] = field(default_factory=list)


def main() -> None:
    """Fuzz for as long as asked; exit with 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="TARGET",
        default=[],
        help=", ".join(BY_NAME) + "; all of them by default",
    )
    parser.add_argument("--seconds", type=float, default=60, help="on the clock, for all targets")
    parser.add_argument("--lanes", type=int, default=2, help="targets that run at a time")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("var/fuzz"),
        help="where corpora and finds are kept from run to run",
    )
    parser.add_argument("--torture", type=Path, default=Path("var/torture"))
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(BY_NAME):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    targets = [BY_NAME[name] for name in chosen.names] or list(TARGETS)
    console = Console(highlight=False, soft_wrap=True)
    if find_spec("atheris") is None:
        console.print("Nothing fuzzed: Atheris, which it needs, is there for Linux on x86-64 only.")
        return
    for target in targets:
        if target.module == "native":  # not at the expense of the time
            native.build(*target.arguments)
    start = time.monotonic()

    def run(lane: list[Target]) -> list[Result]:
        results = []
        while lane:
            left = start + chosen.seconds - time.monotonic()
            share = lane[0].share / sum(target.share for target in lane)
            target = lane.pop(0)
            result = _run(target, left * share, chosen.folder, chosen.torture)
            console.print(
                f"{time.monotonic() - start:5.0f} s  {target.name:22} {result.executed:>10,} "
                f"inputs  {result.coverage:>6,} edges  {_number_of(result.finds)}"
            )
            results.append(result)
        return results

    with ThreadPoolExecutor(chosen.lanes) as lanes:
        results = [
            result for done in lanes.map(run, _lanes(targets, chosen.lanes)) for result in done
        ]
    finds = [find for result in results for find in result.finds]
    console.print(
        f"Fuzzed {len(targets)} targets with {sum(result.executed for result in results):,} inputs "
        f"in {time.monotonic() - start:.0f} s: {_number_of(finds)}"
    )
    for passing in (find for result in results for find in result.passing):
        console.print(f"  failed once, and not when tried again: {passing}")
    for find in finds:
        console.print(f"  {crashes.keep(find)}")
    if finds:
        console.print(crashes.WHAT_TO_DO)
        sys.exit(1)


def _lanes(targets: list[Target], number: int) -> list[list[Target]]:
    """Divide the targets so that each lane has about the same work."""
    lanes: list[list[Target]] = [[] for _ in range(number)]
    for target in sorted(targets, key=lambda target: -target.share):
        min(lanes, key=lambda lane: sum(other.share for other in lane)).append(target)
    return lanes


def _number_of(finds: list[Path]) -> str:
    return f"{len(finds)} find{'s' if len(finds) != 1 else ''}" if finds else "no finds"


def _run(target: Target, seconds: float, folder: Path, torture: Path) -> Result:
    """Fuzz one target; after a find, go on until the time is over."""
    result = Result()
    finds = folder / "finds" / target.name
    finds.mkdir(parents=True, exist_ok=True)
    for old in finds.iterdir():
        old.unlink()
    log = folder / f"{target.name}.log"
    deadline = time.monotonic() + seconds
    log.unlink(missing_ok=True)
    while not result.executed or deadline - time.monotonic() > _LEAST_SECONDS:
        until = ("--until", str(deadline), "--torture", str(torture))
        where = ("--corpus", str(folder / "corpus" / target.name), "--finds", str(finds))
        output, failed = _run_once(target, deadline - time.monotonic(), *until, *where)
        with log.open("ab") as file:
            file.write(output)
        result.executed += _last(_EXECUTED, output)
        result.coverage = max(result.coverage, _last(_COVERAGE, output))
        known = {*result.finds, *result.passing}
        new = sorted(set(finds.iterdir()) - known)
        for find in new:
            again = any(_run_once(target, 0, "--replay", str(find))[1] for _ in range(_REPLAYS))
            (result.finds if again else result.passing).append(find)
        if failed and not new and not known:
            raise SystemExit(f"The fuzz target {target.name} broke; read {log}.")
        if not failed or not new:
            break
    return result


def _run_once(target: Target, seconds: float, *arguments: str) -> tuple[bytes, bool]:
    """Return what a target said, and whether it failed or hung."""
    command = [sys.executable, "-m", f"tests.fuzz.{target.module}", *target.arguments, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        try:
            output, _ = running.communicate(timeout=max(seconds, 0) + _GRACE)
        except subprocess.TimeoutExpired:
            running.kill()
            return running.communicate()[0], True
    return output, running.returncode != 0


def _last(pattern: re.Pattern[bytes], output: bytes) -> int:
    found = pattern.findall(output)
    return int(found[-1]) if found else 0


if __name__ == "__main__":
    main()
