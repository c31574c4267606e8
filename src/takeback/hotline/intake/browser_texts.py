"""The words that the browser code shows; `{name}` and the like are filled in there."""

import json
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PICTURE_PICKER: Mapping[str, Promise] = {
    "waiting": _("Waiting"),
    "working": _("Making the code from this picture"),
    "working_video": _("Making the code from this video: {percent}"),
    "ready": _("Ready"),
    "video": _("Video. We can find copies that were not changed."),
    "low_quality": _("This picture is very plain. We can only find copies that were not changed."),
    "exact_only": _(
        "We can't open this kind of file. We can only find copies that were not changed."
    ),
    "too_large": _("This picture is very large. We can only find copies that were not changed."),
    "guarded": _("Your browser hides pictures. We can only find copies that were not changed."),
    "unreadable": _("We can't read this file. Please try another copy of it."),
    "empty": _("This file is empty. Please pick another one."),
    "refused": _("This is not a picture or a video. Please pick another file."),
    "duplicate": _("{name} is the same as {other}. It counts once."),
    "removed": _("{name} is removed."),
    "remove": _("Remove {name}"),
    "progress": _("Making code {number} of {total}."),
    "summary": _("Ready: {ready} of {total}."),
    "wait": _("Nearly done. The next page comes as soon as all are ready."),
    "too_many": _("You can add {most} files at most. The rest was left out."),
    "picture": _("Picture {number}"),
    "unnamed_video": _("Video {number}"),
    "unable": _("This step does not work in your browser. You can use another device."),
}

CASE_CODE: Mapping[str, Promise] = {
    "copied": _("The code is copied."),
    "not_copied": _("Copying did not work. Please write the code down."),
    "saved": _("The code is saved as a note."),
    # Translators: the name of the saved file; it should look dull and say nothing.
    "note_name": _("note.txt"),
    "working": _("One moment. We are getting it ready."),
    "sending": _("Sending"),
    "failed": _("That did not work. Nothing is lost. Please try again."),
}

OPEN_CASE: Mapping[str, Promise] = {
    "letters": _("A code has only numbers in it."),
    "short": _("Some numbers are missing. A code has 20."),
    "long": _("That is too long. A code has 20 numbers."),
    "mistyped": _("One of the numbers is not right. Please check each group."),
    "working": _("One moment. We are looking."),
    "failed": _("That did not work. Please try again."),
}

CASE_BOX: Mapping[str, Promise] = {
    "working": _("One moment. We are getting it ready."),
    "failed": _("That did not work. Nothing is lost. Please try again."),
}

OWN_THUMBNAILS: Mapping[str, Promise] = {
    "working": _("One moment. We are looking."),
    "shown": _("Pictures in this case: {shown} of {total}."),
    "none": _("None of these is in this case."),
}


def texts_json(texts_by_key: Mapping[str, Promise]) -> str:
    """Texts in the language of this request, as the browser code reads them."""
    return json.dumps({key: str(text) for key, text in texts_by_key.items()}, ensure_ascii=False)
