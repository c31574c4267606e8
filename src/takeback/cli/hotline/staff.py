"""`takeback hotline staff`: lets people in to the desk, lists them, and lets them out."""

import ipaddress
import json
from typing import Annotated
from urllib.parse import urlsplit

import typer

from takeback.cli.hotline.setup import failure, set_up
from takeback.cli.printing import say
from takeback.hotline.staff.domain import DeskError, Permission, Role

app = typer.Typer(
    help="""The people who work at the desk.

    **Examples**

    * `takeback hotline staff invite "Ana Example" --role lead`
    * `takeback hotline staff list`
    """,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Name = Annotated[str, typer.Argument(help="The person's name, as the others at the desk know it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("invite")
def invite(
    name: _Name,
    role: Annotated[
        str | None,
        typer.Option(help="What they do here: " + ", ".join(Role) + ".", show_default=False),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Print a link with which this person makes a passkey. It works once, for three days.

    The role says what the person may do. Do it again for a person who has lost their device, or to
    give somebody another role, which they have at once.

    **Examples**

    * `takeback hotline staff invite "Ana Example" --role analyst`
    * `takeback hotline staff invite "Ana Example" --role lead --json`
    """
    set_up()
    from django.conf import settings

    from takeback.hotline.staff import actions

    try:
        token = actions.invite(name, _chosen(role))
    except DeskError as error:
        raise failure(str(error)) from error
    link = f"{_where_passkeys_work(settings.PUBLIC_URL)}/desk/join/{token}"
    say(json.dumps({"name": name, "role": role, "link": link}) if as_json else link)


@app.command("list")
def list_staff(as_json: _Json = False) -> None:
    """Say who works at the desk, in which role, and which number each has in the audit record.

    **Example**

    * `takeback hotline staff list`
    """
    set_up()
    from takeback.hotline.staff.access import staff

    rows = [
        {
            "number": member.number,
            "name": member.name,
            "role": member.role.value,
            "active": member.active,
            "passkeys": member.passkeys,
            "last_login": member.last_login.isoformat() if member.last_login else None,
        }
        for member in staff()
    ]
    if as_json:
        say(json.dumps({"staff": rows}))
        return
    for row in rows:
        works = "works here" if row["active"] else "removed"
        say(
            f"staff {row['number']}  {row['name']}, {row['role']}: {works}, "
            f"{row['passkeys']} passkeys"
        )


@app.command("remove")
def remove(name: _Name) -> None:
    """Stop letting a person in. What they did stays in the audit record.

    **Example**

    * `takeback hotline staff remove "Ana Example"`
    """
    set_up()
    from takeback.hotline.staff import actions

    try:
        actions.remove(name)
    except DeskError as error:
        raise failure(str(error)) from error
    say(f"{name} can't come in any more.")


def _chosen(word: str | None) -> Role:
    """The role of this name; for any other, say which roles there are and what each may do."""
    from takeback.hotline.staff.policy import OF_ROLES

    if word in list(Role):
        return Role(word)
    wrong = f"There is no role {word}." if word else "Say what they do here."
    lines = [f"{wrong} Choose a role:"]
    for role in Role:
        allowed = [text for text in Permission if text in OF_ROLES[role] - {Permission.JOIN}]
        lines.append(f"  --role {role}: may {'; '.join(allowed)}")
    raise failure(*lines)


def _where_passkeys_work(public_url: str) -> str:
    """The hotline's address; browsers make no passkey for a number: this machine gets a name."""
    parts = urlsplit(public_url)
    try:
        local = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return public_url
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://localhost{port}{parts.path}" if local else public_url
