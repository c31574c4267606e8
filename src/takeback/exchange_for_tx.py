"""The name under which `tx config extensions add` has always known our exchange; see
`takeback.integrations.threatexchange`."""

from takeback.integrations.threatexchange import TX_MANIFEST, TakebackExchangeAPI

__all__ = ["TX_MANIFEST", "TakebackExchangeAPI"]
