"""The case that is open in a session, for the views that need one."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from takeback.hotline.intake import visits
from takeback.hotline.intake.access import CaseGoneError, case_of_id
from takeback.hotline.intake.case_changes import BoxChangedError
from takeback.hotline.intake.forms.sent_by_browser import BadSendingError, as_base64
from takeback.hotline.intake.models import Case
from takeback.hotline.intake.views.leaving import to_neutral_site
from takeback.hotline.limits.actions import slow_down
from takeback.hotline.pages.errors import error_response
from takeback.hotline.pages.redirects import see_other

_Arguments = ParamSpec("_Arguments")


def with_opened_case(
    view: Callable[Concatenate[HttpRequest, Case, _Arguments], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, _Arguments], HttpResponseBase]:
    """Give the view the case that is open in this session; without one, the way out.

    A form of another case than the one that is open changes nothing.

    What is sent to a case is held up like a report where its source has sent much lately. A box
    that another page has changed is answered with status 409 and the box that there is.
    """

    @wraps(view)
    def opened(
        request: HttpRequest, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs
    ) -> HttpResponseBase:
        case = case_of_id(visits.opened_case(request.session))
        if case is None:
            return see_other("ended") if request.method == "POST" else to_neutral_site()
        if request.method == "POST":
            if request.POST.get("case") != visits.case_mark(request.session):
                return see_other("ended")
            slow_down(request)
        try:
            return view(request, case, *args, **kwargs)
        except CaseGoneError:
            return see_other("ended")
        except BoxChangedError as error:
            return JsonResponse({"sealed": as_base64(error.sealed)}, status=HTTPStatus.CONFLICT)
        except BadSendingError:
            return error_response(request, HTTPStatus.BAD_REQUEST)

    return opened
