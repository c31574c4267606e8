"""The gate's tests follow a log on a socket into a store."""

from tests.support.followed_log import client, codes, hotline, log, store, sync
from tests.support.gate_service import service, shared_gate

__all__ = ["client", "codes", "hotline", "log", "service", "shared_gate", "store", "sync"]
