"""`takeback witness`: a witness that anyone can run, for any log of the C2SP kind."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from takeback.cli.printing import say

if TYPE_CHECKING:
    from takeback.witness.logs import WatchedLogs

app = typer.Typer(
    name="witness",
    help="""Watch logs, and cosign their checkpoints as long as they only grow.

    **Examples**

    * `takeback witness serve --name witness.example.org/w1 --log "$(curl -s https://pictures.example.org/log/v1/key)"`
    * `takeback witness key --name witness.example.org/w1`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

StoreOption = Annotated[
    Path, typer.Option("--store", help="Folder of the witness: its key, and what it has cosigned.")
]
NameOption = Annotated[
    str, typer.Option(help="The witness's name in its keys: an address without https://.")
]


@app.command()
def key(name: NameOption, store: StoreOption = Path("witness")) -> None:
    """Print the witness's keys, one of each kind; hotlines and gates put one into their policy.

    `witness serve` draws them when it is started for the first time. Every program reads Ed25519.
    ML-DSA-44 also withstands quantum computers, and its cosignatures are 3 kB long.

    **Examples**

    * `takeback witness key --name witness.example.org/w1`
    """
    from takeback.witness.keys import cosigners_of

    with _explained():
        for cosigner in cosigners_of(store, name):
            say(cosigner.key.line)


@app.command()
def serve(
    name: NameOption,
    *,
    store: StoreOption = Path("witness"),
    log: Annotated[
        list[str] | None, typer.Option(help="Key of a log to watch, name+hash+base64; repeat it.")
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(help="File that lists logs to watch, as logs/v0 has it.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="TCP port; 0 takes a free one.")
    ] = 8003,
) -> None:
    """Serve `POST /add-checkpoint`, as C2SP tlog-witness has it, and `GET /checkpoint?origin=`.

    A log that shows two histories gets no second cosignature; the error log says so. The state is
    on the disk before a cosignature leaves. Put a web server with HTTPS in front. While a log is
    handed over to a new key, give both keys.

    **Examples**

    * `takeback witness serve --name witness.example.org/w1 --log "$(curl -s https://pictures.example.org/log/v1/key)"`
    * `takeback witness serve --name witness.example.org/w1 --logs logs.txt --port 9003`
    """
    import uvicorn

    from takeback.cli.listening import AnnouncedServer, listen
    from takeback.running.serving import bounded_options
    from takeback.shell.typed_commands import typed
    from takeback.witness.keys import cosigners_of, draw_key
    from takeback.witness.service import CONNECTION_BOUNDS, make_service
    from takeback.witness.store import WitnessStore
    from takeback.witness.witness import Witness

    with _explained():
        watched = _watched(log, logs)
        kept = WitnessStore(store)
        if draw_key(store):
            show = typed(
                f"witness key --name {shlex.quote(name)} --store {shlex.quote(str(store))}"
            )
            say(f"A new key was drawn. What hotlines and gates need of it: {show}", err=True)
        witness = Witness(kept, watched, cosigners_of(store, name))
        config = uvicorn.Config(
            make_service(witness), log_level="warning", **bounded_options(CONNECTION_BOUNDS)
        )
        AnnouncedServer(config, listen(host, port), "The witness").serve_until_stopped()


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what can go wrong into one sentence on standard error and exit code 2."""
    from takeback.tlog.errors import LogError
    from takeback.witness.keys import WitnessKeyError
    from takeback.witness.store import WitnessStoreError

    try:
        yield
    except (LogError, WitnessKeyError, WitnessStoreError, ValueError, OSError) as error:
        say(str(error), err=True)
        raise typer.Exit(2) from error


def _watched(keys: list[str] | None, file: Path | None) -> WatchedLogs:
    from takeback.witness.logs import LogListError, WatchedLogs, parse_log_key, parse_log_list

    listed = [(key.name, key) for key in map(parse_log_key, keys or [])]
    if file is not None:
        listed += parse_log_list(file.read_text(encoding="utf-8"))
    if not listed:
        raise LogListError("Give the logs to watch: --log KEY or --logs FILE.")
    return WatchedLogs.of(listed)
