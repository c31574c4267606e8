"""Who signs the log: its origin, fixed when the log begins, and the key from the secret files."""

from urllib.parse import urlsplit

from django.conf import settings

from takeback.hashlist.signed_note import Signer
from takeback.hotline.config.secrets import secret
from takeback.hotline.publishing.models import Log


def log_signer() -> Signer:
    """Return the signer of this hotline's log; the first call fixes the log's origin.

    The origin is the log's address without its scheme, as C2SP tlog-tiles proposes; it stays when
    the hotline moves, because every gate has pinned it.
    """
    parts = urlsplit(settings.PUBLIC_URL)
    origin = f"{parts.netloc}{parts.path}/log/v1"
    log, _ = Log.objects.get_or_create(id=1, defaults={"origin": origin})
    return Signer(log.origin, secret("log-key"))
