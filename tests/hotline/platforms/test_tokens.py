"""The first token of a platform: who gets it, until when, and that only its digest is kept."""

import pytest

from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.log import access as log_access
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.actions import add_platform, revoke_platform
from takeback.hotline.platforms.admission import NotAdmittedError, admitted_with
from takeback.hotline.platforms.domain import PlatformError
from takeback.hotline.platforms.models import PlatformKey
from takeback.tlog.signed_note import VerifierKey


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "Sky\nlark", "Sky\x1b[2Jlark"])
def test_platform_needs_a_printable_name(name: str) -> None:
    with pytest.raises(PlatformError):
        add_platform(name)


@pytest.mark.django_db
def test_platform_has_one_token_and_loses_it_for_good() -> None:
    token = add_platform("Skylark")
    with pytest.raises(PlatformError, match="already"):
        add_platform("Skylark")
    assert platforms_access.platform_names() == ["Skylark"]
    revoke_platform("Skylark")
    with pytest.raises(NotAdmittedError):
        admitted_with(token)
    assert platforms_access.platform_names() == []
    with pytest.raises(PlatformError):
        revoke_platform("Skylark")
    verbs = AuditRecord.objects.order_by("position").values_list("verb", flat=True)
    assert list(verbs) == ["platform.added", "platform.key_added", "platform.revoked"]


@pytest.mark.django_db
def test_token_itself_is_not_in_the_database() -> None:
    token = add_platform("Skylark")
    secret = token.split("_")[1]
    row = PlatformKey.objects.get()
    assert secret.encode() not in bytes(row.digest)
    assert token.endswith(VerifierKey.parse(log_access.verifier_key_line()).pin)
