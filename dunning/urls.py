"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from dunning.views import calls, cases, holds, letters, mailbox, reminders, scenarios, start

urlpatterns: list[URLPattern] = [
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/approve/", reminders.approve_all, name="approve_all"),
    path("reminders/take-back/", reminders.take_back, name="take_back"),
    path("reminders/<int:message_id>/", reminders.message, name="message"),
    path("reminders/<int:message_id>/html/", reminders.message_html, name="message_html"),
    path("reminders/<int:message_id>/approve/", reminders.approve, name="approve_message"),
    path("reminders/<int:message_id>/cancel/", reminders.cancel, name="cancel_message"),
    path("reminders/<int:message_id>/settle/", reminders.settle_unknown, name="settle_unknown"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<int:call_id>/", calls.call, name="call"),
    path("calls/<int:call_id>/outcome/", calls.outcome, name="call_outcome"),
    path("calls/<int:call_id>/pass/", calls.pass_over, name="pass_call"),
    path("calls/tries/<int:attempt_id>/undo/", calls.undo, name="undo_call"),
    path("cases/", cases.cases_page, name="cases"),
    path("letters/", letters.letters_page, name="letters"),
    path("letters/<int:message_id>.pdf", letters.letter_pdf, name="letter_pdf"),
    path("letters/print/", letters.print_letters, name="print_letters"),
    path("letters/<int:message_id>/address/", letters.letter_address, name="letter_address"),
    path("bank-details.pdf", letters.bank_details, name="bank_details"),
    path("letters/posted/", letters.letters_posted, name="letters_posted"),
    path("start/", start.start, name="start"),
    path("start/scenario/", start.choose_scenario, name="choose_scenario"),
    path("start/test/", start.send_test, name="send_test"),
    path("start/activate/", start.activate, name="activate"),
    path("customers/<int:customer_id>/planned/", start.planned_message, name="planned_message"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<int:mail_id>/", mailbox.mail, name="mail"),
    path("mailbox/<int:mail_id>/html/", mailbox.mail_html, name="mail_html"),
    path("mailbox/<int:mail_id>/files/<int:number>/", mailbox.mail_file, name="mail_file"),
    path("mailbox/<int:mail_id>.eml", mailbox.mail_source, name="mail_source"),
    path("scenarios/", scenarios.scenario_page, name="scenarios"),
    path("invoices/<int:invoice_id>/promise/", holds.promise, name="promise"),
    path("invoices/<int:invoice_id>/pause/", holds.pause_invoice, name="pause_invoice"),
    path("customers/<int:customer_id>/pause/", holds.pause_customer, name="pause_customer"),
    path("holds/<int:hold_id>/end/", holds.end_hold, name="end_hold"),
]
