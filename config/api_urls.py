"""The API, version 1: one line per resource."""

from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from common import api
from dunning import api as dunning
from dunning import scenario_api
from invoices import api as invoices
from organizations import api as organizations
from payments import api as payments
from reconciliation import api as reconciliation


class Description(SpectacularAPIView):
    """The OpenAPI document; there is one version of it, whatever the address asks for."""

    def _get_version_parameter(self, request: Request) -> None:
        return None


router = SimpleRouter()
router.register("events", organizations.EventViewSet, basename="event")
router.register("members", organizations.MemberViewSet, basename="member")
router.register("api-keys", organizations.ApiKeyViewSet, basename="api-key")
router.register("customers", invoices.CustomerViewSet, basename="customer")
router.register("invoices", invoices.InvoiceViewSet, basename="invoice")
router.register("credit-notes", invoices.CreditNoteViewSet, basename="credit-note")
router.register("scenarios", scenario_api.ScenarioViewSet, basename="scenario")
router.register(
    "scenario-overrides", scenario_api.ScenarioOverrideViewSet, basename="scenario-override"
)
router.register("texts", dunning.TextViewSet, basename="text")
router.register("messages", dunning.MessageViewSet, basename="message")
router.register("replies", dunning.ReplyViewSet, basename="reply")
router.register("calls", dunning.CallViewSet, basename="call")
router.register("holds", dunning.HoldViewSet, basename="hold")
router.register("promises", dunning.PromiseViewSet, basename="promise")
router.register("disputes", dunning.DisputeViewSet, basename="dispute")
router.register("einvoice-statuses", dunning.EInvoiceStatusViewSet, basename="einvoice-status")
router.register("tasks", dunning.TaskViewSet, basename="task")
router.register("letters", dunning.LetterViewSet, basename="letter")
router.register("payments", payments.PaymentViewSet, basename="payment")
router.register("allocations", payments.AllocationViewSet, basename="allocation")
router.register("bank-accounts", reconciliation.BankAccountViewSet, basename="bank-account")
router.register("statements", reconciliation.StatementViewSet, basename="statement")
router.register("transactions", reconciliation.TransactionViewSet, basename="transaction")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("organization/", organizations.OrganizationView.as_view({"get": "retrieve"})),
    path("usage/", dunning.UsageView.as_view({"get": "retrieve"})),
    path(
        "scenario-rules/",
        scenario_api.RulesView.as_view({"get": "retrieve", "put": "update"}),
        name="scenario-rules",
    ),
    path(
        "scenario-rules/try/",
        scenario_api.RulesView.as_view({"post": "try_out"}),
        name="scenario-rules-try",
    ),
    path("openapi.json", Description.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="openapi"), name="api_docs"),
    re_path(r"", api.not_found),
]
