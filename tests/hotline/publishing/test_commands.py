"""The operator's commands, as typed."""

import json
import os
import subprocess
import sys

from takeback.hotline.publishing import access
from takeback.hotline.publishing.actions import add_platform


def takeback(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "takeback", "hotline", *arguments],
        env={**os.environ, "DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )


def test_platform_is_added_listed_and_revoked(hotline_database: str) -> None:
    added = takeback(hotline_database, "platform", "add", "Skylark", "--json")
    token = json.loads(added.stdout)["token"]
    assert access.platform_of_token(token) is not None
    shown = takeback(hotline_database, "platform", "add", "Plover").stdout
    assert access.platform_of_token(shown.splitlines()[0]) is not None
    listed = takeback(hotline_database, "platform", "list", "--json")
    assert [one["name"] for one in json.loads(listed.stdout)["platforms"]] == ["Plover", "Skylark"]
    assert token not in listed.stdout
    assert "in force" in takeback(hotline_database, "platform", "list").stdout
    assert takeback(hotline_database, "platform", "revoke", "Skylark").returncode == 0
    assert access.platform_of_token(token) is None
    again = takeback(hotline_database, "platform", "revoke", "Skylark")
    assert (again.returncode, again.stdout) == (1, "")
    assert "Skylark" in again.stderr
    renewed = takeback(hotline_database, "platform", "renew", "Skylark", "--json")
    new_token = json.loads(renewed.stdout)["token"]
    assert access.platform_of_token(new_token) is not None
    assert access.platform_of_token(token) is None
    nobody = takeback(hotline_database, "platform", "renew", "Nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")


def test_audit_is_verified(hotline_database: str) -> None:
    add_platform("Skylark")
    done = takeback(hotline_database, "audit", "verify")
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["1", "records,"])


def test_tables_are_made_in_an_empty_database(hotline_database: str) -> None:
    assert takeback(hotline_database, "migrate").returncode == 0


def test_database_that_does_not_answer_is_said_plainly() -> None:
    done = takeback("postgresql://nobody@127.0.0.1:1/none", "audit", "verify")
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr
