"""What a hotline makes when its tables are there: its secrets, unless something rests on lost ones.

That is the one moment at which nothing does. A fresh database beside the mark of a log is that of a
hotline that was lost: its key must come back, for no gate takes another one.
"""

from takeback.hotline.foundation.secret_notes.making import complete_secrets
from takeback.hotline.foundation.secrets import LOG_KEY, lost, secret_if_there
from takeback.hotline.log.continuity.mark import marked_origins
from takeback.hotline.log.signing import is_origin_of_address, origin_here


def make_secrets(**_: object) -> None:
    """Make and note the secrets that are not known yet; Django calls it after each migration.

    Raises LostSecretError if files are missing on which database or mark rest, and MarkError.
    """
    if secret_if_there(LOG_KEY) is None:
        here = origin_here()
        if any(is_origin_of_address(origin, here) for origin in marked_origins()):
            raise lost((LOG_KEY,), why="the mark shows that it has signed a log")
    complete_secrets()
