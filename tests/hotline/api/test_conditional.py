"""What a cache in front of the hotline asks and is told, over a socket."""

import httpx

from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import hotline

KEPT = ("/log/v1/key", "/log/v1/checkpoint")
NEVER_CHANGE = ("/log/v1/purpose", "/log/v1/tile/0/000.p/2", "/log/v1/tile/entries/000.p/2")
KEY, CHECKPOINT = KEPT


def test_a_cache_is_told_what_has_not_changed(hotline_database: str) -> None:
    token = add_platform("Skylark")
    list_picture(some_signals())
    sequence_pending()
    with hotline(hotline_database) as (url, _), httpx.Client(base_url=url) as cache:
        first = {path: cache.get(path) for path in (*KEPT, *NEVER_CHANGE)}
        for path, answer in first.items():
            assert answer.status_code == 200, path
            assert ("immutable" in answer.headers["Cache-Control"]) == (path in NEVER_CHANGE)
            etag = answer.headers["ETag"]
            for known in (etag, f'"other", W/{etag}', "*"):
                same = cache.get(path, headers={"If-None-Match": known})
                assert (same.status_code, same.content) == (304, b""), path
                assert same.headers["ETag"] == etag
                assert same.headers["Cache-Control"] == answer.headers["Cache-Control"]
            head = cache.head(path)
            assert (head.status_code, head.content) == (200, b"")
            for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
                assert head.headers[name] == answer.headers[name], path
        list_picture(some_signals())
        sequence_pending()
        changed = [
            path
            for path, answer in first.items()
            if cache.get(path, headers={"If-None-Match": answer.headers["ETag"]}).content
        ]
        assert changed == [CHECKPOINT]
        openings = cache.get("/list/v1/openings/0-2", headers={"Authorization": f"Bearer {token}"})
        assert openings.headers["Cache-Control"] == "no-store"
        assert "ETag" not in openings.headers
