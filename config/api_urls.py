"""The API, version 1: one line per resource."""

from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import SimpleRouter

from common import api
from organizations import api as organizations
from payments import api as payments
from reconciliation import api as reconciliation

router = SimpleRouter()
router.register("events", organizations.EventViewSet, basename="event")
router.register("members", organizations.MemberViewSet, basename="member")
router.register("payments", payments.PaymentViewSet, basename="payment")
router.register("allocations", payments.AllocationViewSet, basename="allocation")
router.register("bank-accounts", reconciliation.BankAccountViewSet, basename="bank-account")
router.register("statements", reconciliation.StatementViewSet, basename="statement")
router.register("transactions", reconciliation.TransactionViewSet, basename="transaction")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("organization/", organizations.OrganizationView.as_view({"get": "retrieve"})),
    path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="openapi"), name="api_docs"),
    re_path(r"", api.not_found),
]
