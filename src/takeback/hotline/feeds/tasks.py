"""Background jobs of feeds."""

from procrastinate.contrib.django import app

from takeback.hotline.feeds.changes import forget_withdrawn_fingerprints


@app.periodic(cron="23 3 * * *")
@app.task(name="takeback.forget_withdrawn", queueing_lock="forget withdrawn")
def forget_withdrawn(timestamp: int) -> None:
    """Every night: delete fingerprints of withdrawn entries that no feed needs any more."""
    forget_withdrawn_fingerprints()
