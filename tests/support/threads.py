"""Runs work at the same time, each with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connection


def in_threads(*work: Callable[[], object]) -> None:
    """Run all of it at once, each with a connection of its own; the first failure is raised."""
    failures: list[Exception] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[task]) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
