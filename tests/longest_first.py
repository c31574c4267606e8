"""A pytest plugin: the files that take longest come first, so that no core is idle at the end.

`--dist loadfile` hands whole files to the workers, in the order that they stand here.
"""

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent

# Files of half a minute and more, longest first.
_LONGEST = (
    "hotline/backups/test_restore_alone.py",
    "hotline/test_follower_away.py",
    "hotline/test_restored_backup.py",
    "hotline/test_kill_loop.py",
    "hotline/backups/test_restoring.py",
    "hotline/foundation/test_lost_secrets.py",
    "running/test_protocol.py",
    "hotline/test_outages.py",
    "hotline/backups/test_following.py",
    "hotline/feeds/test_stock_clients.py",
    "media/test_limits.py",
    "gate/service/test_service.py",
    "media/test_memory_released.py",
    "fingerprints/test_conformance.py",
    "matching/test_index.py",
    "running/test_health.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move these files to the front; all others keep their order. Raises if one is not there."""
    rank = {_TESTS / name: at for at, name in enumerate(_LONGEST)}
    if missing := [str(path) for path in rank if not path.is_file()]:
        raise pytest.UsageError(f"tests/longest_first.py names {', '.join(missing)}")
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
