"""A platform's side: keeps a verified copy of the list, checks uploads against it, reports back.

What a platform that embeds the gate needs stands here; see docs/gate.md.
"""

from takeback.gate.check.followed_list import (
    FollowedList,
    ListHealth,
    ListOutOfForceError,
    NoListError,
)
from takeback.gate.check.gate import Gate, Verdict
from takeback.gate.check.lists_file import ListsFileError, read_lists_file
from takeback.gate.store.store import StoreError
from takeback.hashlist.feedback import FeedbackValue

__all__ = [
    "FeedbackValue",
    "FollowedList",
    "Gate",
    "ListHealth",
    "ListOutOfForceError",
    "ListsFileError",
    "NoListError",
    "StoreError",
    "Verdict",
    "read_lists_file",
]
