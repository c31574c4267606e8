"""`takeback list audit`: recomputes everything public of a log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate.opening import explained
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.gate.tools.audit import SeenElsewhere
    from takeback.tlog.trust import TrustPolicy


def audit(
    hotline: Annotated[str, typer.Argument(help="Address of the hotline, https://…")],
    *,
    trust: Annotated[
        Path | None, typer.Option(help="File that names the log's key and its witnesses.")
    ] = None,
    since: Annotated[
        list[Path] | None,
        typer.Option(help="An older checkpoint, or one that somebody else got; may be repeated."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Where to keep the checkpoint, for the next --since.")
    ] = None,
) -> None:
    """Recompute everything public of a log from nothing, and print what was checked.

    It needs no token and sees nothing of what is listed. With `--trust` it also asks the witnesses
    in the file which checkpoint they have seen, and compares. Exit codes: 1 something can't be
    fetched, 2 wrong options, 4 something does not hold.

    **Examples**

    * `takeback list audit https://pictures.example.org --save checkpoint`
    * `takeback list audit https://pictures.example.org --trust policy --since checkpoint`
    """
    from rich.console import Console
    from rich.progress import Progress

    from takeback.gate.sync.client import PublicLog
    from takeback.gate.tools.audit import Audit, SeenElsewhere
    from takeback.running.private_files import writing_to
    from takeback.tlog.trust import TrustPolicy

    with explained(), PublicLog(hotline) as log:
        policy = TrustPolicy.parse(trust.read_bytes()) if trust else None
        seen = [SeenElsewhere(f"in {path}", path.read_bytes()) for path in since or []]
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("Events", total=None)
            auditing = Audit(
                log, policy, lambda done, of: progress.update(bar, completed=done, total=of)
            )
            # The witnesses may have seen more than was published when we asked.
            seen += _of_witnesses(policy, auditing.note)
            for line in auditing.findings(seen):
                say(f"✓ {line}")
        if save is not None:
            with writing_to(save) as file:
                file.write(auditing.note)
            say(f"The checkpoint is kept in {save}.", err=True)


def _of_witnesses(policy: TrustPolicy | None, note: bytes) -> Iterator[SeenElsewhere]:
    """Ask each witness with an address for the newest checkpoint of the log."""
    from takeback.gate.sync.client import HotlineError, PublicLog
    from takeback.gate.tools.audit import SeenElsewhere
    from takeback.tlog.checkpoint import parse_checkpoint
    from takeback.tlog.signed_note import split_note

    ours = parse_checkpoint(split_note(note)[0])
    for witness in policy.witnesses if policy else ():
        if witness.url is None:
            continue
        try:
            with PublicLog(witness.url) as witness_log:
                theirs = witness_log.seen_of(ours.origin)
        except (HotlineError, ValueError) as error:
            say(f"– {witness.name} could not be asked: {error}", err=True)
            continue
        if parse_checkpoint(split_note(theirs)[0]).size <= ours.size:
            yield SeenElsewhere(f"that {witness.name} has cosigned", theirs)
        else:
            say(f"– {witness.name} has seen a newer one; audit again to compare.", err=True)
