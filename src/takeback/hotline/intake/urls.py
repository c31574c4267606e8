"""The young person's pages."""

from django.urls import path

from takeback.hotline.intake.views import (
    case,
    case_changes,
    flow,
    further_help,
    information,
    leaving,
)

urlpatterns = [
    path("", information.start, name="start"),
    path("begin", flow.begin, name="begin"),
    path("begun", flow.begun, name="begun"),
    path("report", flow.report, name="report"),
    path("open", case.open_case, name="open"),
    path("case", case.timeline, name="case"),
    path("case/pictures", case_changes.pictures, name="case-pictures"),
    path("case/addresses", case_changes.addresses, name="case-addresses"),
    path("case/apps", case_changes.apps, name="case-apps"),
    path("case/picture/<int:number>/stop", case_changes.stop, name="case-picture-stop"),
    path("case/withdraw", case.withdraw, name="withdraw"),
    path("withdrawn", case.withdrawn, name="withdrawn"),
    path("helplines", information.helplines, name="helplines"),
    path("helplines/<slug:code>", information.helplines, name="helplines-country"),
    path("helplines/<slug:code>/parts", information.helpline_parts, name="helpline-parts"),
    path("threatened", information.threatened, name="threatened"),
    path("reach", further_help.reach, name="reach"),
    path("reach/<slug:code>", further_help.reach, name="reach-country"),
    path("grown-ups", further_help.grown_ups, name="grown-ups"),
    path("privacy", information.privacy, name="privacy"),
    path("accessibility", information.accessibility, name="accessibility"),
    path("ended", leaving.ended, name="ended"),
    path("leave", leaving.leave, name="leave"),
]
