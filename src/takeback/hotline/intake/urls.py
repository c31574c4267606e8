"""The young person's pages."""

from django.urls import path

from takeback.hotline.intake.views import case, case_growth, flow, information, leaving

urlpatterns = [
    path("", information.start, name="start"),
    path("begin", flow.begin, name="begin"),
    path("report", flow.report, name="report"),
    path("open", case.open_case, name="open"),
    path("case", case.timeline, name="case"),
    path("case/pictures", case_growth.pictures, name="case-pictures"),
    path("case/addresses", case_growth.addresses, name="case-addresses"),
    path("case/apps", case_growth.apps, name="case-apps"),
    path("case/picture/<int:number>/stop", case_growth.stop, name="case-picture-stop"),
    path("case/withdraw", case.withdraw, name="withdraw"),
    path("withdrawn", case.withdrawn, name="withdrawn"),
    path("helplines", information.helplines, name="helplines"),
    path("helplines/<slug:code>", information.helplines, name="helplines-country"),
    path("threatened", information.threatened, name="threatened"),
    path("grown-ups", information.threatened, name="grown-ups"),
    path("case/addresses", case.timeline, name="case-addresses"),
    path("privacy", information.privacy, name="privacy"),
    path("accessibility", information.accessibility, name="accessibility"),
    path("ended", leaving.ended, name="ended"),
    path("leave", leaving.leave, name="leave"),
]
