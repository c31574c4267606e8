"""Routes as `requests` finds them, for servers that an operator has named.

Their certificates are checked against the authorities that come with it, and where an operator
wants it so, `HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE` and the like are heeded.
"""

import os
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from takeback.hotline.foundation.outbound.bounded import Route


def direct_route() -> Route:
    """Return a route that heeds nothing of the environment."""
    return Route(certificates=Path(DEFAULT_CA_BUNDLE_PATH))


def environment_route(url: str) -> Route:
    """Return the route to an address that the environment of this process names."""
    proxy = select_proxy(url, get_environ_proxies(url))
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return Route(proxy=proxy, certificates=Path(bundle or DEFAULT_CA_BUNDLE_PATH))
