"""Reads the audit record, and proves that it is whole."""

import hmac

from takeback.hotline.audit.domain import FIRST_LINK, BrokenChainError, ChainHead, Verb
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.foundation.secrets import secret

_AT_ONCE = 2000


def count_of(verb: Verb) -> int:
    """Return how often something was done."""
    return AuditRecord.objects.filter(verb=verb).count()


def verify_chain() -> ChainHead:
    """Check every record against the one before it and return the end of the chain.

    Raises BrokenChainError at the first record that does not fit.
    """
    key = secret("audit")
    link, position = FIRST_LINK, 0
    for row in AuditRecord.objects.order_by("position").iterator(chunk_size=_AT_ONCE):
        position += 1
        link = row.act().link(key, link)
        if row.position != position or not hmac.compare_digest(link, bytes(row.link)):
            raise BrokenChainError(position)
    return ChainHead(position, link)
