"""The signed list as an exchange of python-threatexchange, for platforms that run `tx` or HMA.

`tx config extensions add takeback.exchange_for_tx` adds it; docs/compatible-feeds.md has the rest.
"""

from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from takeback.integrations.threatexchange.exchange import TakebackExchangeAPI

TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(TakebackExchangeAPI,))

__all__ = ["TX_MANIFEST", "TakebackExchangeAPI"]
