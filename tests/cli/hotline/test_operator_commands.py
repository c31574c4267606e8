"""The operator's commands, as typed."""

import json

from takeback.hotline.platforms.actions import add_platform
from takeback.hotline.platforms.admission import NotAdmittedError, admitted_with
from tests.support.running import takeback


def is_taken(token: str) -> bool:
    try:
        admitted_with(token)
    except NotAdmittedError:
        return False
    return True


def test_platform_is_added_listed_and_revoked(hotline_database: str) -> None:
    added = takeback(hotline_database, "platform", "add", "Skylark", "--json")
    token = json.loads(added.stdout)["token"]
    assert is_taken(token)
    shown = takeback(hotline_database, "platform", "add", "Plover").stdout
    assert is_taken(shown.splitlines()[0])
    listed = takeback(hotline_database, "platform", "list", "--json")
    assert [platform["name"] for platform in json.loads(listed.stdout)["platforms"]] == [
        "Plover",
        "Skylark",
    ]
    assert token not in listed.stdout
    assert "in force" in takeback(hotline_database, "platform", "list").stdout
    assert takeback(hotline_database, "platform", "revoke", "Skylark").returncode == 0
    assert not is_taken(token)
    again = takeback(hotline_database, "platform", "revoke", "Skylark")
    assert (again.returncode, again.stdout) == (1, "")
    assert "Skylark" in again.stderr
    renewed = takeback(hotline_database, "platform", "renew", "Skylark", "--json")
    new_token = json.loads(renewed.stdout)["token"]
    assert is_taken(new_token)
    assert not is_taken(token)
    nobody = takeback(hotline_database, "platform", "renew", "Nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")


def test_keys_are_added_listed_and_revoked_each_for_itself(hotline_database: str) -> None:
    everything = add_platform("Skylark")
    key = ("platform", "key")
    unstated = takeback(hotline_database, *key, "add", "Skylark", "--scope", "read_self_reported")
    assert (unstated.returncode, unstated.stdout) == (1, "")
    assert "--review-process" in unstated.stderr
    added = takeback(
        hotline_database,
        *key,
        "add",
        "Skylark",
        "--scope",
        "send_feedback",
        "--days",
        "9",
        "--json",
    )
    made = json.loads(added.stdout)
    assert is_taken(made["token"])
    listed = takeback(hotline_database, *key, "list", "Skylark", "--json").stdout
    assert [shown_key["scopes"] for shown_key in json.loads(listed)][1] == ["send_feedback"]
    assert made["token"] not in listed
    assert takeback(hotline_database, *key, "revoke", "Skylark", str(made["key"])).returncode == 0
    assert (is_taken(made["token"]), is_taken(everything)) == (False, True)
    shown = takeback(hotline_database, *key, "list", "Skylark").stdout
    assert "revoked" in shown
    assert "review: Matches are held" in shown
    assert "last used" in shown  # one was tried above


def test_the_audit_record_is_verified_by_command(hotline_database: str) -> None:
    add_platform("Skylark")
    done = takeback(hotline_database, "audit", "verify")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["2", "records,"])


def test_tables_are_made_in_an_empty_database(hotline_database: str) -> None:
    assert takeback(hotline_database, "migrate").returncode == 0


def test_database_that_does_not_answer_is_said_plainly() -> None:
    done = takeback("postgresql://nobody@127.0.0.1:1/none", "audit", "verify")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
