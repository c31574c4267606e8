"""`takeback hotline platform`: says which platforms follow the list, and with which keys."""

import json
from collections.abc import Callable
from typing import Annotated

import typer

from takeback.cli.hotline.canaries import add_app as canary_app
from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.hotline.webhooks import app as webhook_app
from takeback.cli.printing import say
from takeback.hotline.platforms.domain import GATE_DEFAULT_REVIEW, KEY_DAYS, PlatformError, Scope

app = typer.Typer(
    help="""The platforms that follow the list.

    **Examples**

    * `takeback hotline platform invite Skylark`
    * `takeback hotline platform list`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
key_app = typer.Typer(
    help="""The keys of a platform.

    **Examples**

    * `takeback hotline platform key list Skylark`
    * `takeback hotline platform key add Skylark --scope send_feedback --days 90`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.add_typer(key_app, name="key")
app.add_typer(canary_app, name="canary")
app.add_typer(webhook_app, name="webhook")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Name = Annotated[str, typer.Argument(help="The platform's name, as young people will read it.")]
_Review = Annotated[
    str, typer.Option("--review-process", help="How people there review what matches.")
]


@app.command("add")
def add_platform(
    name: _Name, review_process: _Review = GATE_DEFAULT_REVIEW, as_json: _Json = False
) -> None:
    """Let a platform follow the list, and print its token. The token is shown only now.

    Its key may do everything for a year; `platform key add` makes keys that may do less.

    **Examples**

    * `takeback hotline platform add Skylark`
    * `takeback hotline platform add "Skylark Photos" --json`
    """
    set_up()

    from takeback.hotline.platforms import actions as platforms_actions

    _print_token(
        name, lambda platform: platforms_actions.add_platform(platform, review_process), as_json
    )


@app.command("invite")
def invite_platform(
    name: _Name,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What the key may open; may be repeated. Without it, everything."),
    ] = None,
    days: Annotated[int, typer.Option(help="How long the key lives, in days.")] = KEY_DAYS,
    as_json: _Json = False,
) -> None:
    """Print a link with which the platform makes its own key. It works once, for seven days.

    On the page an engineer there chooses from what you offer, and states how people review
    matches. A new link ends the one before. If you offer test pictures, they go onto the list,
    unless they stand there already.

    **Examples**

    * `takeback hotline platform invite Skylark`
    * `takeback hotline platform invite Skylark --scope read_confirmed --scope send_feedback`
    """
    set_up()
    from django.conf import settings

    from takeback.hotline.planted.test_lane import list_drawn_pictures
    from takeback.hotline.platforms import actions as platforms_actions

    scopes = tuple(scope or Scope)
    try:
        secret = platforms_actions.invite_platform(name, scopes, days)
    except PlatformError as error:
        raise failure(str(error)) from error
    if Scope.READ_TEST in scopes:
        list_drawn_pictures()
    link = f"{settings.PUBLIC_URL}/platforms/join/{secret}"
    say(json.dumps({"name": name.strip(), "link": link}) if as_json else link)


@app.command("test-pictures")
def test_pictures(
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take them off the list.")] = False,
) -> None:
    """Put onto the list the harmless pictures with which platforms try their gates.

    They stand in a lane of their own, `test`, and reach keys with the scope `read_test` only. An
    invitation that offers it puts them there by itself.

    **Examples**

    * `takeback hotline platform test-pictures`
    * `takeback hotline platform test-pictures --withdraw`
    """
    set_up()
    from takeback.hotline.planted.test_lane import list_drawn_pictures, withdraw_drawn_pictures

    if withdraw:
        say(f"Withdrawn: {withdraw_drawn_pictures()}.")
    else:
        added = list_drawn_pictures()
        say(f"Listed: {added}." if added else "They are on the list already.")


@app.command("renew")
def renew_platform(name: _Name, as_json: _Json = False) -> None:
    """Give a platform a new token, for one that was lost, leaked or revoked. All old ones end.

    **Examples**

    * `takeback hotline platform renew Skylark`
    * `takeback hotline platform renew Skylark --json`
    """
    set_up()

    from takeback.hotline.platforms import actions as platforms_actions

    _print_token(name, platforms_actions.renew_token, as_json)


def _print_token(name: str, make_token: Callable[[str], str], as_json: bool) -> None:
    from django.conf import settings

    try:
        token = make_token(name)
    except PlatformError as error:
        raise failure(str(error)) from error
    if as_json:
        say(json.dumps({"name": name.strip(), "token": token}))
        return
    say(
        token,
        "",
        f"Give this token to {name.strip()} over a safe channel; it is not shown again. "
        "There they run:",
        "",
        f"  TAKEBACK_GATE_TOKEN={token} \\",
        f"  takeback gate sync --hotline {settings.PUBLIC_URL} --store gate --follow",
    )


@app.command("list")
def list_platforms(as_json: _Json = False) -> None:
    """Print the platforms and how far each has followed the log.

    **Examples**

    * `takeback hotline platform list`
    * `takeback hotline platform list --json`
    """
    set_up()

    from takeback.hotline.log import access as log_access
    from takeback.hotline.platforms import access as platforms_access

    platforms = platforms_access.platforms()
    size, _ = log_access.current_checkpoint()
    if as_json:
        rows = [
            {
                "name": platform.name,
                "added_at": platform.added_at.isoformat(),
                "revoked_at": platform.revoked_at.isoformat() if platform.revoked_at else None,
                "keys_in_force": platform.keys_in_force,
                "fetched_size": platform.fetched_size,
                "fetched_at": platform.fetched_at.isoformat() if platform.fetched_at else None,
            }
            for platform in platforms
        ]
        say(json.dumps({"size": size, "platforms": rows}))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from takeback.running.printable import printable

    table = Table("Platform", "Added", "Fetched", "Last new events", "Keys")
    for platform in platforms:
        table.add_row(
            Text(printable(platform.name)),
            f"{platform.added_at:%Y-%m-%d}",
            f"{platform.fetched_size} of {size}",
            f"{platform.fetched_at:%Y-%m-%d %H:%M} UTC" if platform.fetched_at else "never",
            f"revoked {platform.revoked_at:%Y-%m-%d}"
            if platform.revoked_at
            else f"{platform.keys_in_force} in force",
        )
    Console().print(table)


def _in_force(keys: int) -> str:
    return f"{keys} in force" if keys else "all expired or revoked"


@app.command("revoke")
def revoke_platform(name: _Name) -> None:
    """Take all keys of a platform back, for good. Its feedback stays on the timelines.

    **Example**

    * `takeback hotline platform revoke Skylark`
    """
    set_up()

    from takeback.hotline.platforms import actions as platforms_actions

    try:
        platforms_actions.revoke_platform(name)
    except PlatformError as error:
        raise failure(str(error)) from error
    say(f"The tokens of {name} are no longer taken.")


@key_app.command("add")
def add_key(
    name: _Name,
    scope: Annotated[list[Scope], typer.Option(help="What the key opens; may be repeated.")],
    days: Annotated[int, typer.Option(help="How long it lives, in days.")] = KEY_DAYS,
    review_process: _Review = "",
    as_json: _Json = False,
) -> None:
    """Give a platform one more key, and print its token. The token is shown only now.

    `read_self_reported` and `read_imported` need `--review-process`.

    **Examples**

    * `takeback hotline platform key add Skylark --scope send_feedback --days 90`
    * `takeback hotline platform key add Skylark --scope read_confirmed --scope read_self_reported
      --review-process "Two moderators look at every match within an hour."`
    """
    set_up()

    from takeback.hotline.platforms import actions as platforms_actions

    try:
        key = platforms_actions.add_key(name, scope, days, review_process)
    except PlatformError as error:
        raise failure(str(error)) from error
    if as_json:
        say(json.dumps({"name": name, "key": key.number, "token": key.token}))
        return
    say(key.token, "", f"This is key {key.number} of {name}; it is not shown again.")


@key_app.command("list")
def list_keys(name: _Name, as_json: _Json = False) -> None:
    """Print the keys of a platform: what each opens, how matches are reviewed, when it ends.

    **Example**

    * `takeback hotline platform key list Skylark`
    """
    set_up()

    from takeback.hotline.platforms import access as platforms_access

    try:
        keys = platforms_access.platform_keys(name)
    except PlatformError as error:
        raise failure(str(error)) from error
    for key in keys if not as_json else ():
        ends = f"until {key.expires_at:%Y-%m-%d}"
        if key.revoked_at:
            ends = f"revoked {key.revoked_at:%Y-%m-%d}"
        used = f"last used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
        say(f"{key.number}: {', '.join(key.scopes)}; {ends}; {used}")
        say(f"   review: {key.review_process or 'not stated'}")
    if as_json:
        rows = [
            {
                "key": key.number,
                "scopes": key.scopes,
                "review_process": key.review_process,
                "made_at": key.made_at.isoformat(),
                "expires_at": key.expires_at.isoformat(),
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
                "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
            }
            for key in keys
        ]
        say(json.dumps(rows))


@key_app.command("revoke")
def revoke_key(
    name: _Name, key: Annotated[int, typer.Argument(help="Its number in `key list`.")]
) -> None:
    """Take one key of a platform back, for good; the others stay.

    **Example**

    * `takeback hotline platform key revoke Skylark 3`
    """
    set_up()

    from takeback.hotline.platforms import actions as platforms_actions

    try:
        platforms_actions.revoke_key(name, key)
    except PlatformError as error:
        raise failure(str(error)) from error
    say(f"Key {key} of {name} is no longer taken.")
