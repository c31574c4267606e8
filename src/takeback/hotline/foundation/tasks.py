"""Background jobs of visits."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.foundation.sessions import SessionStore


@app.periodic(cron="*/10 * * * *")
@app.task(name="takeback.forget_ended_sessions", queueing_lock="forget ended sessions")
async def forget_ended_sessions(timestamp: int) -> None:
    """Every ten minutes: delete the sealed answers of visits that ended without being sent."""
    await sync_to_async(SessionStore.clear_expired)()
