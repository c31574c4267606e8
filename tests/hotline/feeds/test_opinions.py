"""What a platform says in any shape reaches the young person's own page, in its name."""

import httpx

from takeback.hotline.intake.models import CasePicture
from takeback.hotline.log.sequencing import sequence_everything
from tests.support.long_lists import Connect, random_pdqs
from tests.support.visiting import come_back, picture_record, report_from_browser


def test_an_opinion_in_any_shape_reaches_the_page_behind_the_case_code(
    connect: Connect, shape: str, url: str, token: str
) -> None:
    (pdq,) = random_pdqs(1)
    _, code = report_from_browser(pictures=[picture_record(pdq=pdq)])
    sequence_everything()
    client = connect(shape)
    assert "Skylark" not in come_back(code).page
    client.fetch()
    page = come_back(code).page
    assert "Skylark got the code of this picture." in page
    assert "Skylark stopped" not in page
    if shape == "stopncii":
        words = [pdq, "Blocked"]
    elif shape == "ncmec":
        words = ["2", CasePicture.objects.get().entry, "upvote"]
    else:
        updates = f"{url}/feeds/graph/v1/1/threat_updates/"
        (update,) = httpx.get(updates, params={"access_token": f"1|{token}"}).json()["data"]
        words = [update["descriptors"]["data"][0]["id"], "HELPFUL"]
    assert client.say(*words) == ""
    assert "Skylark stopped a copy." in come_back(code).page
