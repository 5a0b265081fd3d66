"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from payments import views

urlpatterns: list[URLPattern] = [
    path("payments/", views.payments, name="payments"),
    path("payments/new/", views.record_payment, name="record_payment"),
    path("payments/<int:payment_id>/undo/", views.undo_payment, name="undo_payment"),
]
