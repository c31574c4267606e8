"""What tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.support.webhook_receivers import Receiver, serving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as started:
        yield started
