"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from dunning import views

urlpatterns: list[URLPattern] = [
    path("reminders/", views.reminders, name="reminders"),
    path("reminders/approve/", views.approve_all, name="approve_all"),
    path("reminders/<int:message_id>/", views.message, name="message"),
    path("reminders/<int:message_id>/html/", views.message_html, name="message_html"),
    path("reminders/<int:message_id>/approve/", views.approve, name="approve_message"),
    path("reminders/<int:message_id>/cancel/", views.cancel, name="cancel_message"),
    path("reminders/<int:message_id>/settle/", views.settle_unknown, name="settle_unknown"),
    path("calls/", views.calls, name="calls"),
    path("calls/<int:call_id>/done/", views.call_done, name="call_done"),
    path("letters/", views.letters_page, name="letters"),
    path("letters/<int:message_id>.pdf", views.letter_pdf, name="letter_pdf"),
    path("letters/<int:message_id>/posted/", views.letter_posted, name="letter_posted"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:mail_id>/", views.mail, name="mail"),
    path("mailbox/<int:mail_id>/html/", views.mail_html, name="mail_html"),
    path("mailbox/<int:mail_id>.eml", views.mail_source, name="mail_source"),
    path("scenarios/", views.scenario_page, name="scenarios"),
    path("invoices/<int:invoice_id>/promise/", views.promise, name="promise"),
    path("invoices/<int:invoice_id>/pause/", views.pause_invoice, name="pause_invoice"),
    path("customers/<int:customer_id>/pause/", views.pause_customer, name="pause_customer"),
    path("holds/<int:hold_id>/end/", views.end_hold, name="end_hold"),
]
