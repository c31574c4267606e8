"""The `takeback` command and its groups; each group's module loads what it needs when it runs."""

import typer

from takeback.cli import lists, witness
from takeback.cli.demo import demo
from takeback.cli.examples import GroupWithExamples
from takeback.cli.gate import group as gate
from takeback.cli.hash import hash_files
from takeback.cli.hotline import group as hotline
from takeback.cli.hotline import guard as hotline_guard
from takeback.cli.hotline import staff as hotline_staff
from takeback.cli.printing import print_log_lines
from takeback.cli.run import run
from takeback.running.secrecy import leave_no_dump

app = typer.Typer(
    name="takeback", cls=GroupWithExamples, no_args_is_help=True, rich_markup_mode="markdown"
)


@app.callback()
def takeback() -> None:
    """Take back a picture: fingerprints, the signed list, and the gate that stops copies.

    **Examples**

    * `takeback run`
    * `takeback hotline migrate`
    * `takeback gate status --store gate`
    * `takeback hash picture.jpg`
    """
    leave_no_dump()  # before any command reads a secret
    print_log_lines()


app.command()(run)
app.command()(demo)
app.command("hash")(hash_files)
app.add_typer(gate.app)
hotline.app.add_typer(hotline_guard.app, name="guard")
hotline.app.add_typer(hotline_staff.app, name="staff")
app.add_typer(hotline.app)
app.add_typer(witness.app)
app.add_typer(lists.app)
