"""Run as a program: opens a database with its secrets, and says how far its log is.

Before a restore replaces anything, the hotline's own code has opened what it is about to put in
place: the audit record is whole, and the keys of the log are there. In it stands from then on that
it was restored, so that nothing is signed until somebody has shown that it is the newest.
"""

import json
import os
import sys

import django

from takeback.running.secrecy import leave_no_dump


def main() -> None:
    """Print the origin and size of the log as JSON; fails where the hotline would fail."""
    leave_no_dump()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takeback.hotline.config.settings")
    django.setup()
    from takeback.hotline.audit.access import verify_chain  # noqa: PLC0415 - needs settings
    from takeback.hotline.foundation.secret_notes.checking import lost_secrets  # noqa: PLC0415
    from takeback.hotline.foundation.secret_notes.making import notes  # noqa: PLC0415
    from takeback.hotline.log import access as log_access  # noqa: PLC0415
    from takeback.hotline.log.continuity.doubts import note_restored  # noqa: PLC0415

    wrong = lost_secrets(notes())
    if wrong is not None:
        sys.exit(
            f"the secrets {', '.join(wrong.names)} are missing or not its own. Restore a backup "
            "that holds them first."
        )
    note_restored("takeback hotline restore")
    if log_access.log_mark() is None:  # nothing was ever listed
        sys.stdout.write(json.dumps({"origin": "", "size": 0}))
        return
    verify_chain()
    log_access.verifier_key_line()
    sys.stdout.write(
        json.dumps({"origin": log_access.log_origin(), "size": log_access.sequenced_size()})
    )


if __name__ == "__main__":
    main()
