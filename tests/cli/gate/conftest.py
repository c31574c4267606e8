"""The gate's commands follow a log on a socket into a store."""

from tests.support.followed_log import client, codes, hotline, log, store, sync

__all__ = ["client", "codes", "hotline", "log", "store", "sync"]
