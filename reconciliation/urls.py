"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from reconciliation import views

urlpatterns: list[URLPattern] = [
    path("bank/", views.bank, name="bank"),
    path("bank/upload/", views.upload, name="upload_statement"),
    path("bank/accounts/<int:account_id>/", views.change_account, name="change_bank_account"),
    path("bank/accounts/<int:account_id>/follow/", views.follow, name="follow_bank_account"),
    path("bank/accounts/<int:account_id>/gap/", views.accept_gap, name="accept_gap"),
    path("bank/lines/<int:line_id>/match/", views.match, name="match_line"),
    path("bank/lines/<int:line_id>/undo/", views.undo, name="undo_line"),
    path("bank/lines/<int:line_id>/set-aside/", views.set_aside, name="set_line_aside"),
]
