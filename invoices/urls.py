"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from invoices.views import (
    contacts,
    customers,
    documents,
    history,
    imports,
    invoices,
    statements,
)

urlpatterns: list[URLPattern] = [
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<int:invoice_id>/", invoices.invoice, name="invoice"),
    path(
        "invoices/<int:invoice_id>/document/",
        documents.attach_document,
        name="attach_document",
    ),
    path(
        "invoices/<int:invoice_id>/document.pdf",
        documents.invoice_document,
        name="invoice_document",
    ),
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:customer_id>/", customers.customer, name="customer"),
    path(
        "customers/<int:customer_id>/statement.pdf",
        statements.customer_statement,
        name="customer_statement",
    ),
    path("customers/<int:customer_id>/in-charge/", customers.entrust, name="entrust"),
    path("customers/<int:customer_id>/contacts/", contacts.add_contact, name="add_contact"),
    path("contacts/<int:contact_id>/", contacts.change_contact, name="change_contact"),
    path("credit-notes/<int:note_id>/set-off/", customers.set_off, name="set_off"),
    path("history/", history.history_page, name="history"),
    path("history.csv", history.history_csv, name="history_csv"),
    path("import/", imports.take_in, name="import"),
    path("import/<int:imported_id>/", imports.imported, name="imported"),
    path("import/<int:imported_id>/refused.csv", imports.refused_csv, name="refused_csv"),
]
