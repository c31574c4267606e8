"""Which of the hotline's own platforms may be named as looking for copies right now."""

from datetime import UTC, datetime, timedelta

from takeback.hotline.feedback.access import acknowledgements
from takeback.hotline.platforms.access import following_platforms

_LOOKING = timedelta(days=7)


def platforms_looking_now() -> list[str]:
    """The names, in alphabetical order, of platforms that acknowledged the list lately.

    A key alone, or a list once fetched, says nothing: only an acknowledgement in the last 7 days
    says that copies are looked for.
    """
    now = datetime.now(UTC)
    return sorted(
        (
            platform.name
            for platform in following_platforms()
            if acknowledgements(platform, now).filter(acknowledged_at__gte=now - _LOOKING).exists()
        ),
        key=str.casefold,
    )
