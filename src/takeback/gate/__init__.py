"""A platform's side: keeps a verified copy of the list, checks uploads against it, reports back.

What a platform that embeds the gate needs stands here; see docs/gate.md.
"""

from takeback.gate.gate import Gate, GateHealth, ListOutOfForceError, NoListError, Verdict
from takeback.gate.store import StoreError
from takeback.hashlist.feedback import FeedbackValue

__all__ = [
    "FeedbackValue",
    "Gate",
    "GateHealth",
    "ListOutOfForceError",
    "NoListError",
    "StoreError",
    "Verdict",
]
