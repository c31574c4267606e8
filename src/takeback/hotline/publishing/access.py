"""Reads the log and the list: the only road to their rows for everything but actions."""

from takeback.hotline.publishing.change_access import (
    changes,
    changes_of_pdqs,
    entry_added_at,
    newest_change,
)
from takeback.hotline.publishing.entry_access import (
    doubting_platforms,
    entry_of_reference,
    list_figures,
    outcomes,
    removal_of,
    standing_count,
    standings,
)
from takeback.hotline.publishing.health_access import platform_health, platform_webhooks
from takeback.hotline.publishing.log_access import (
    cosigned_note,
    current_checkpoint,
    entry_bundle,
    listed_content,
    log_origin,
    openings,
    purpose_opening,
    tile,
    verifier_key_line,
)
from takeback.hotline.publishing.platform_access import (
    key_numbered,
    key_of_token,
    open_invitation,
    platform_keys,
    platform_names,
    platforms,
)

__all__ = (
    "changes",
    "changes_of_pdqs",
    "cosigned_note",
    "current_checkpoint",
    "doubting_platforms",
    "entry_added_at",
    "entry_bundle",
    "entry_of_reference",
    "key_numbered",
    "key_of_token",
    "list_figures",
    "listed_content",
    "log_origin",
    "newest_change",
    "open_invitation",
    "openings",
    "outcomes",
    "platform_health",
    "platform_keys",
    "platform_names",
    "platform_webhooks",
    "platforms",
    "purpose_opening",
    "removal_of",
    "standing_count",
    "standings",
    "tile",
    "verifier_key_line",
)
