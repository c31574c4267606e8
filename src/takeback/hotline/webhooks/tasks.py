"""Background jobs of webhooks."""

from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from takeback.hotline.webhooks.queue import WEBHOOK_TASK, ask_to_send_again
from takeback.hotline.webhooks.sending import send_due


@app.task(name=WEBHOOK_TASK)
def send_webhooks() -> None:
    """Tell platforms of what is due."""
    send_due()


@app.periodic(cron="* * * * *")
@app.task(name="takeback.send_what_was_left", queueing_lock="send what was left")
async def send_what_was_left(timestamp: int) -> None:
    """Every minute: have sent what a killed worker left."""
    await sync_to_async(ask_to_send_again)()
