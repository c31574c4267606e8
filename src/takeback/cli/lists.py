"""`takeback list`: look at a list from outside, take it elsewhere, prove what is on it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.gate.opening import (
    StoreOption,
    TokenFileOption,
    TokenOption,
    explained,
    read_token,
)
from takeback.cli.list_audit import audit
from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.gate.tools.export import ExportFormat

app = typer.Typer(
    name="list",
    help="""Look at a hotline's list from outside, take it elsewhere, and prove what is on it.

    **Examples**

    * `takeback list audit https://pictures.example.org`
    * `takeback list export --store gate --to list.csv`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command()(audit)


@app.command()
def export(
    store: StoreOption,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="csv, jsonl, tx: a file of the threatexchange client, or recovery: for a hotline "
            "that has lost its list.",
        ),
    ] = "csv",
    to: Annotated[Path | None, typer.Option(help="File to write, private to you.")] = None,
) -> None:
    """Write the live entries of a gate's store, to a file or to standard output.

    They are fingerprints of pictures of children: keep the file as you keep the store. Only you may
    read it, and it takes the place of an older one when it is whole. It does not follow the list:
    entries that are withdrawn later stay in it.

    **Examples**

    * `takeback list export --store gate --to list.csv`
    * `takeback list export --store gate --format tx --to list.txt`
    * `takeback list export --store gate --format recovery --to skylark.recovery`
    """
    from takeback.gate.store.store import Store
    from takeback.gate.tools.export import export_entries
    from takeback.running.private_files import writing_to

    with explained():
        chosen = _format(form)
        opened = Store.existing(store)
        if to is None:
            count = export_entries(opened, sys.stdout, chosen)
        else:
            with writing_to(to) as file:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="")
                count = export_entries(opened, text, chosen)
                text.detach()
        say(f"{count:,} entries written.", err=True)


@app.command()
def prove(
    entry: Annotated[str, typer.Argument(help="Id of an entry on the list.")],
    *,
    hotline: Annotated[str, typer.Option(help="Address of the hotline, https://…")],
    store: StoreOption,
    token: TokenOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Print a proof (C2SP tlog-proof) that the log holds an entry; it shows the entry's content.

    **Example**

    * `takeback list prove aebagbafaydqqcikbmga2dqpca --store gate --hotline https://… > proof`
    """
    from takeback.gate.store.store import Store
    from takeback.gate.sync.client import HotlineClient
    from takeback.gate.tools.proving import prove_entry
    from takeback.hashlist.events import EntryId

    with explained(), HotlineClient(hotline, read_token(token, token_file)) as client:
        proof = prove_entry(Store.existing(store), client, EntryId(entry))
        sys.stdout.write(proof.encode().decode())


@app.command("check-proof")
def check_proof(
    file: Annotated[Path, typer.Argument(help="The proof.")],
    *,
    trust: Annotated[Path, typer.Option(help="File that names the log's key and its witnesses.")],
) -> None:
    """Check a proof against a trust policy, without a network, and print what it proves.

    Exit code 4 if it proves nothing.

    **Example**

    * `takeback list check-proof proof --trust policy`
    """
    from takeback.tlog.tlog_proof import TlogProof
    from takeback.tlog.trust import TrustPolicy

    with explained():
        proof = TlogProof.parse(file.read_bytes())
        checkpoint = proof.check(TrustPolicy.parse(trust.read_bytes()))
        opening = proof.opening()
        say(f"The log {checkpoint.origin} of {checkpoint.size} events holds, at {proof.index}:")
        say(opening.event.decode() if opening else "")


def _format(name: str) -> ExportFormat:
    from takeback.gate.tools.export import ExportFormat

    try:
        return ExportFormat(name)
    except ValueError as error:
        raise ValueError(f"{name!r} is not a format. Choose csv, jsonl, tx or recovery.") from error
