"""Migrations from the last release with many rows: what it wrote is brought up to date and kept.

The commit of the last tag is unpacked and installed beside this tree. It makes a database of its
own, puts entries onto its list and sequences them into its log; then this tree migrates that
database. No row may be lost, the models must not ask for more, and the log must still be
published. Where nothing has been released yet, it says so and ends.

examples:
  python -m tests.campaigns.migrations
  python -m tests.campaigns.migrations --since v1.2.0 --rows 1000000
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
from benchmarks.against.trees import Tree, this_tree, tree_at
from psycopg import sql
from rich.console import Console
from rich.table import Table

from takeback.running.embedded_postgres import start_server

_MOST_SECONDS = 300.0
_BATCH = 10_000
_FILL = """
import sys
import django
django.setup()
from tests.support.long_lists import list_pdqs, random_pdqs
left = int(sys.argv[1])
while left > 0:
    list_pdqs(random_pdqs(min(left, {batch})))
    left -= {batch}
"""


def last_tag() -> str | None:
    """The newest tag that this commit stands on, None if nothing was released yet."""
    done = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def _run(tree: Tree, command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=tree.root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"The {tree.side} tree ({tree.commit}) failed:\n{done.stdout}{done.stderr}")


def _rows(url: str) -> dict[str, int]:
    """How many rows each table has, those apart that say what was migrated."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename <> 'django_migrations'"
        ).fetchall()
        return {
            name: connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            ).fetchall()[0][0]
            for (name,) in names
        }


def main() -> None:
    """Fill, migrate, compare; exit code 1 if a row is gone or it took too long."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--since", help="a tag or commit; by default the last tag")
    parser.add_argument("--rows", type=int, default=100_000, help="entries to list before")
    chosen = parser.parse_args()
    since: str | None = chosen.since or last_tag()
    if since is None:
        print("Nothing is released yet (there is no tag): there is nothing to migrate from.")
        return
    old, new = tree_at(since), this_tree()
    with tempfile.TemporaryDirectory(prefix="takeback-migrations-") as folder:
        (Path(folder) / "postgres").mkdir()
        server = start_server(Path(folder) / "postgres")
        url = str(server.get_uri())
        environment = {
            "DATABASE_URL": url,
            "TAKEBACK_STATE": str(Path(folder) / "hotline"),
            "DJANGO_SETTINGS_MODULE": "takeback.hotline.config.settings",
        }
        _run(old, old.takeback("hotline", "migrate"), environment)
        _run(old, [old.python, "-c", _FILL.format(batch=_BATCH), str(chosen.rows)], environment)
        before = _rows(url)
        began = time.monotonic()
        _run(new, new.takeback("hotline", "migrate"), environment)
        took = time.monotonic() - began
        after = _rows(url)
        check = ["-m", "django", "makemigrations", "--check", "--dry-run"]
        _run(new, [sys.executable, *check], environment)
        _run(new, new.takeback("hotline", "log", "status"), environment)
        server.cleanup()
    lost = {name: (count, after.get(name)) for name, count in before.items()}
    lost = {name: counts for name, counts in lost.items() if (counts[1] or 0) < counts[0]}
    table = Table("what", "measured", "bound")
    table.add_row("rows before", f"{sum(before.values()):,}", "")
    table.add_row("tables that lost rows", ", ".join(lost) or "none", "none")
    table.add_row("seconds to migrate", f"{took:.1f}", f"{_MOST_SECONDS:.0f}")
    Console().print(table)
    sys.exit(1 if lost or took > _MOST_SECONDS else 0)


if __name__ == "__main__":
    main()
