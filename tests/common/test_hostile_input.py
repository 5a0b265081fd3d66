"""Whatever is sent, to whatever reads it: never a 5xx, never kept as something else.

A cell is one string of `tests/hostile.py` in one place of one door. A sample of them is tried each
time, so drawn that every place and every string takes part; all of them with `--full`.
"""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.contrib.messages import ERROR
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT, encode_multipart
from django.urls import get_resolver

from common.api import StrictSerializer
from common.tenancy import tenant_transaction
from dunning import planning, scenarios, task_list
from dunning.models import Act, Call, Hold, Message, Scenario, Task
from invoices import importing as taking_in
from invoices.models import Contact, ImportedFile
from organizations import api_keys
from organizations.models import ApiKey, Organization
from payments.models import Payment
from reconciliation import importing
from reconciliation.models import BankAccount, BankTransaction
from tests import corpora, hostile, make

ROOT = Path(__file__).resolve().parents[2]
OURS = ("organizations", "invoices", "dunning", "payments", "reconciliation", "reports")
EVERY = 97  # of the cells, one in so many is tried each time
SERVER_ERROR = 500

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Door:
    """A place that reads what is typed or sent.

    Attributes:
        reads: the form or serializer that understands it; "" when the view reads it itself.
        address: behind the organization or the API's root; ids are filled in.
        valid: what is accepted, field by field.
        kept: fields of text, and where they are found again: model and attribute.
    """

    reads: str
    address: str
    valid: Mapping[str, Any]
    kept: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    method: str = "post"


IDENTITY = {
    "name": "Acme", "siren": "", "vat_number": "", "address": "", "postcode": "", "city": "",
    "email": "", "phone": "", "signatory": "", "signatory_title": "", "legal_footer": "",
    "iban": "FR7630006000011234567890189", "bic": "",
    "sending_hour": "9", "gap_days": "2", "cap_count": "3", "cap_days": "7",
"habit_cap_days": "10",
    "backlog_per_day": "20", "bank_limit_days": "10",
}  # fmt: skip
OUTCOME = {
    "promised_on": "", "means": "", "paid_on": "", "paid_means": "", "paid_reference": "",
    "ground": "", "back_on": "", "back_at": "", "back_to": "", "phone": "", "note": "",
    "amount": "", "invoice": "", "what": "",
}  # fmt: skip
SMS = "{{ creditor.name }} {{ total }} {{ count }} {{ number }}"
TEXT = {
    "for": "one",
    "case": "",
    "language": "fr",
    **{
        f"{language}-{part}": text
        for language in ("fr", "en")
        for part, text in {
            "subject": "{{ number }}",
            "preheader": "",
            "title": "T {{ total }}",
            "opening": "O {{ deadline }}",
            "closing": "",
        }.items()
    },
}
PERSON = {"name": "Zoé", "role": "", "email": "zoe@dupont.example", "phone": ""}
CSV_FILE = b"number,customer,issued_on,due_on,total\n"

CARDS = {
    "name": "Own", "version": "1", "do": "save", "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "1", "form-0-level": "", "form-0-days": "7", "form-0-side": "after",
    "form-0-kind": "courteous", "form-0-channel": "email", "form-0-tone": "courteous",
    "form-0-contact_role": "", "form-0-least": "", "form-0-customer_kind": "",
    "form-0-approval": "inherit", "form-0-DELETE": "",
}  # fmt: skip
RULE = {
    "read": "", "do": "try", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0",
    "form-0-place": "1", "form-0-segment": "A", "form-0-customer_kind": "", "form-0-owed": "",
    "form-0-invoiced": "", "form-0-late_days": "", "form-0-scenario": "{scenario}",
    "form-0-DELETE": "",
}  # fmt: skip

FORMS = (
    Door("OpenOrganization", "/orgs/new/", {"name": "New"}, {"name": (Organization, "name")}),
    Door(
        "Identity", "settings/", IDENTITY,
        {name: (Organization, name) for name in
         ("name", "address", "city", "postcode", "phone", "signatory", "signatory_title",
          "legal_footer")},
    ),
    Door("NewKey", "developers/", {"name": "K", "scopes": "read", "lifetime": "90", "networks": ""},
         {"name": (ApiKey, "name")}),
    Door("Networks", "developers/keys/{key}/", {"networks": ""}),
    Door("ContactForm", "customers/{customer}/contacts/", PERSON,
         {name: (Contact, name) for name in ("name", "role")}),
    Door("ContactForm", "contacts/{contact}/", PERSON),
    Door("SetOff", "credit-notes/{note}/set-off/", {"invoice": "{invoice}", "amount": "1,00"}),
    Door("TakeIn", "import/", {"kind": "invoices", "date_order": "", "decimal_sign": ""}),
    Door("TakeIn", "import/", {"kind": "statuses", "date_order": "", "decimal_sign": ""}),
    Door("TextForm", "settings/texts/email-firm-firm/", TEXT),
    Door("TextForm", "settings/texts/sms-firm/",
         {"for": "many", "case": "example", "language": "en", "fr-text": SMS, "en-text": SMS}),
    Door("", "settings/texts/call-first_call-firm/preview/", {"for": "one", "fr-why": "A"}),
    Door("EnclosingForm", "settings/texts/enclosing/",
         {"copies": "firm", "statement": "on", "bank_details": "on", "currencies": "USD"}),
    Door("Promise", "invoices/{invoice}/promise/", {"amount": "5,00", "promised_on": "+7"}),
    Door("Contested", "invoices/{invoice}/dispute/", {"category": "price", "reason": "Why"},
         {"reason": (Hold, "reason")}),
    Door("InCharge", "customers/{customer}/in-charge/", {"in_charge": ""}),
    Door("Address", "letters/{message}/address/",
         {"address": "1 quai", "postcode": "44000", "city": "Nantes"}),
    Door("Address", "customers/{customer}/address/",
         {"address": "1 quai", "postcode": "44000", "city": "Nantes"}),
    Door("CameBack", "letters/{message}/came-back/", {"why": "refused"}),
    Door("HistoryFilter", "history/", {"kind": "", "actor": "", "customer": "", "invoice": "",
         "since": "", "until": "", "before": "", "after": ""}, method="get"),
    Door("SaysPaid", "invoices/{invoice}/says-paid/", {"category": "card", "reason": "Why"},
         {"reason": (Hold, "reason")}),
    Door("SendingForm", "settings/sending/",
         {"address": "compta@acme.example", "has_tracking": "on"}),
    Door("", "scenarios/{scenario}/simulate/", {"over": "coming", "days": "30",
         "followed": "default", "capacity": "5", "most": "6", "habit": "on", "format": ""},
         method="get"),
    Door("EndOfPause", "invoices/{invoice}/pause/", {"until": "+7", "reason": "Why"},
         {"reason": (Hold, "reason")}),
    Door("EndOfPause", "customers/{customer}/pause/", {"until": "+7", "reason": "Why"}),
    Door("NewTask", "tasks/open/", {"reason": "Look", "due_on": "+2", "owner": ""},
         {"reason": (Task, "reason")}),
    Door("GivenTo", "tasks/{task}/assign/", {"owner": "", "tab": ""}),
    Door("", "tasks/{task}/done/", {"tab": ""}),
    Door("", "bank/accounts/{account}/follow/", {"is_followed": "yes"}),
    Door("Posted", "letters/posted/", {"posted_on": "+0", "letter": "1", "number-1": ""}),
    *(
        Door("CallOutcome", "calls/{call}/outcome/", {**OUTCOME, "outcome": outcome, **said})
        for outcome, said in {
            "promise": {"promised_on": "+7"}, "says_paid": {}, "dispute": {"ground": "price"},
            "call_back": {"back_on": "+3"}, "wrong_number": {},
            "other": {"note": "x", "what": "something_else"},
        }.items()
    ),
    Door("RecordPayment", "payments/new/?customer={customer}",
         {"amount": "10,00", "received_on": "+0", "method": "transfer", "reference": "R"},
         {"reference": (Payment, "reference")}),
    Door("UploadStatement", "bank/upload/", {"accept_partial": "", "accept_disagreement": ""}),
    Door("", "bank/accounts/{account}/", {"applies_by_itself": "yes"}),
    Door("", "bank/lines/{line}/match/", {"invoice": "{invoice}", "customer": ""}),
    Door("", "reminders/approve/", {"approved_at": "", "message": "", "from": ""}),
    Door("", "reminders/take-back/", {"approved_at": "", "from": ""}),
    Door("", "reminders/{message}/settle/", {"left": "yes"}),
    Door("", "sending/stop/", {"reason": "Why"}),
    Door("", "start/scenario/", {"scenario": "standard"}),
    Door("", "scenarios/new/", {"name": "Own", "base": "Firm"}, {"name": (Scenario, "name")}),
    Door("", "scenarios/{scenario}/edit/", CARDS),
    Door("", "scenarios/{scenario}/restore/", {"number": "1", "version": "1"}),
    Door("", "scenarios/{scenario}/archive/", {"heir": ""}),
    Door("", "scenarios/rules/", RULE),
    Door("", "customers/{customer}/scenario/", {"scenario": "{scenario}"}),
    Door("", "invoices/{invoice}/scenario/", {"scenario": ""}),
    Door("", "start/activate/", {"leave_old": "yes"}),
    Door("", "payments/{payment}/undo/", {"next": ""}),
    Door("", "/accounts/login/", {"login": "a@b.example", "password": "x", "next": ""}),
    Door("", "/accounts/signup/", {"email": "a@b.example", "password1": "x", "next": ""}),
    Door("", "/accounts/password/reset/", {"email": "a@b.example"}),
    Door("", "/i18n/setlang/", {"language": "fr", "next": "/"}),
)  # fmt: skip

MONEY = {"amount": "5.00", "currency": "EUR"}
CUSTOMER = {
    "code": "H1", "name": "H", "trading_name": "", "siren": "", "vat_number": "", "language": "fr",
    "address": "", "postcode": "", "city": "", "country": "FR", "segment": "", "group_code": "",
    "external_id": "", "ibans": [],
}  # fmt: skip
SAID_TEXT = ("code", "name", "trading_name", "address", "postcode", "city", "segment", "group_code")
INVOICE = {
    "number": "H-1", "kind": "invoice", "customer": "{customer}", "issued_on": "2026-02-01",
    "due_on": "2026-03-01", "total": MONEY, "order_number": "", "external_id": "",
}  # fmt: skip


def said(*names: str) -> dict[str, tuple[Any, str]]:
    """Return fields that the answer repeats."""
    return {name: (None, name) for name in names}


STEP = {
    "level": None, "offset_days": 7, "channel": "email", "tone": "courteous", "kind": "courteous",
    "contact_role": "", "least": MONEY, "customer_kind": "", "approval": "inherit",
}  # fmt: skip
CHOICE = {
    "segment": "", "customer_kind": "", "owed": MONEY, "invoiced": MONEY, "late_days": 9,
    "scenario": "{scenario}",
}  # fmt: skip

BODIES = (
    Door("NewScenarioSerializer", "scenarios/", {"name": "S", "ready_made": "Firm"}, said("name")),
    Door("NewStepSerializer", "scenarios/", {"name": "S", "steps": [STEP]}),
    Door("ChangedStepSerializer", "scenarios/{scenario}/steps/",
         {**STEP, "offset_days": 9, "version": 1}, said("contact_role")),
    Door("DraftSerializer", "scenarios/{scenario}/difference/", {"steps": [STEP]}),
    Door("ChangedScenarioSerializer", "scenarios/{scenario}/",
         {"name": "S", "version": 1, "is_default": True, "steps": [STEP]}, said("name"), "patch"),
    Door("HeirSerializer", "scenarios/{scenario}/archive/", {"heir": "{scenario}"}),
    Door("RestoredSerializer", "scenarios/{scenario}/restore/", {"number": 1, "version": 1}),
    Door("RulesSerializer", "scenario-rules/", {"rules": [CHOICE]}, {}, "put"),
    Door("RuleSerializer", "scenario-rules/try/", {"rules": [CHOICE]}),
    Door("NewOverrideSerializer", "scenario-overrides/",
         {"customer": "{customer}", "scenario": "{scenario}"}),
    Door("CustomerSerializer", "customers/", CUSTOMER, said(*SAID_TEXT, "external_id")),
    Door("CustomerSerializer", "customers/{customer}/", CUSTOMER, said(*SAID_TEXT), "patch"),
    Door("ContactSerializer", "customers/{customer}/contacts/",
         {"rank": 5, "name": "Z", "role": "", "email": "z@b.example", "phone": "", "language": ""},
         said("name", "role", "phone")),
    Door("NewInvoiceSerializer", "invoices/", INVOICE,
         said("number", "order_number", "external_id")),
    Door("NewInstalmentSerializer", "invoices/",
         {**INVOICE, "instalments": [{"due_on": "2026-03-01", "amount": MONEY}], "total": MONEY}),
    Door("NewCreditNoteSerializer", "credit-notes/",
         {"number": "HA-1", "customer": "{customer}", "issued_on": "2026-02-01", "total": MONEY,
          "external_id": ""}, said("number", "external_id")),
    Door("SetOffSerializer", "credit-notes/{note}/set-off/",
         {"invoice": "{invoice}", "amount": MONEY}),
    Door("OutcomeSerializer", "calls/{call}/outcome/",
         {"outcome": "promise", "note": "", "invoices": [], "promised_on": "2026-03-01",
          "amount": MONEY, "means": "transfer", "ground": "price",
          "again_at": "2026-02-16T09:00:00Z", "phone": "", "contact": "{contact}"}),
    Door("NewPauseSerializer", "holds/",
         {"kind": "pause", "until": "2026-03-01", "reason": "", "invoice": "{invoice}"},
         said("reason")),
    Door("NewTextSerializer", "texts/",
         {"text": "sms-firm", "language": "fr", "invoices": "one", "parts": {"text": SMS}}),
    Door("NewPromiseSerializer", "promises/",
         {"invoice": "{invoice}", "amount": MONEY, "promised_on": "2026-03-01"}),
    Door("NewDisputeSerializer", "disputes/",
         {"invoice": "{invoice}", "ground": "price", "reason": ""}, said("reason")),
    Door("NewEInvoiceStatusSerializer", "einvoice-statuses/",
         {"invoice": "{invoice}", "code": "207", "at": "2026-02-12T09:00:00Z",
          "reason_code": "QTE_ERR", "reason": "", "amount": MONEY, "event_id": ""},
         said("reason", "event_id")),
    Door("CameBackSerializer", "letters/{message}/came-back/", {"why": "refused"}),
    Door("PostedSerializer", "letters/{message}/posted/",
         {"posted_on": "2026-02-13", "number": ""}),
    Door("NewTaskSerializer", "tasks/",
         {"kind": "other", "reason": "Look", "due_on": "2026-02-16", "customer": "{customer}",
          "invoice": "{invoice}", "owner": None}, said("reason")),
    Door("TaskChangeSerializer", "tasks/{task}/", {"owner": None}, {}, "patch"),
    Door("NewPaymentSerializer", "payments/",
         {"customer": "{customer}", "amount": MONEY, "received_on": "2026-02-12",
          "method": "transfer", "reference": "", "allocations": [],
          "allocation_rule": "debtor"}, said("reference")),
    Door("PartSerializer", "payments/",
         {"customer": "{customer}", "amount": MONEY, "received_on": "2026-02-12",
          "allocations": [{"invoice": "{invoice}", "amount": MONEY}]}),
    Door("MatchSerializer", "transactions/{line}/match/",
         {"allocations": [{"invoice": "{invoice}", "amount": MONEY}], "customer": "{customer}"}),
    Door("BankAccountSerializer", "bank-accounts/{account}/",
         {"name": "Main"}, {}, "patch"),
    Door("NewApiKeySerializer", "api-keys/",
         {"name": "K", "scopes": ["read"], "expires_in_days": None, "networks": []}, said("name")),
    Door("SimulationRequestSerializer", "scenarios/{scenario}/simulation/",
         {"over": "coming", "days": 30, "followed_by": "default", "payments": "habit",
          "calls_per_day": 5, "most_contacts": 6, "rules": []}),
    Door("NetworksSerializer", "api-keys/{key}/", {"networks": ["192.0.2.7"]}, {}, "patch"),
)  # fmt: skip
# Read by no body: they only answer, or take a file beside their fields (see `tests/common`).
ONLY_ANSWER = {
    "StrictModelSerializer", "PartsSerializer", "EventSerializer", "MemberSerializer",
    "OrganizationSerializer", "ApiKeySerializer", "ShownApiKeySerializer", "PaymentSerializer",
    "AllocationSerializer", "QuarantinedLineSerializer", "StatementSerializer",
    "MessageSerializer", "ReplySerializer", "CallSerializer", "LeasedCallSerializer",
    "HoldSerializer",
    "StepSerializer", "ScenarioSerializer", "InvoiceSerializer", "InstalmentSerializer",
    "CreditNoteSerializer", "NewFileSerializer", "NewStatementSerializer", "TaskSerializer",
    "EInvoiceStatusSerializer",
    "VersionSerializer", "OverrideSerializer",
}  # fmt: skip

QUERIES = {
    "/o/acme/": ["q"],
    "/o/acme/invoices/": ["page", "view", "q", "order", "customer", "late_from", "late_to"],
    "/o/acme/customers/": ["q", "page", "in_charge"],
    "/o/acme/calls/": ["whose"],
    "/o/acme/bank-details.pdf": ["language"],
    "/o/acme/history/": [
        "kind", "actor", "customer", "invoice", "since", "until", "before", "after",
    ],
    "/o/acme/history.csv": ["kind", "actor", "customer", "invoice", "since", "until"],
    "/o/acme/import/{imported}/": ["page"],
    "/o/acme/bank/": ["tab", "page", "undo", "line", "q", "invoice", "search", "picked"],
    "/o/acme/start/": ["step"],
    "/o/acme/customers/{customer}/planned/": ["on", "channel"],
    "/o/acme/customers/{customer}/statement.pdf": ["language", "currency"],
    "/o/acme/settings/texts/": ["family"],
    "/o/acme/settings/texts/email-firm-firm/": ["for", "case", "language"],
    "/o/acme/settings/texts/sms-firm/preview/": ["for", "case", "language"],
    "/o/acme/mailbox/": ["page"],
    "/o/acme/letters/": ["page", "letter"],
    "/o/acme/cases/": ["tab", "page"],
    "/o/acme/tasks/": ["tab", "page"],
    "/o/acme/reminders/": ["tab", "page", "day"],
    "/o/acme/payments/": ["page", "q", "kind"],
    "/o/acme/payments/new/": ["q", "invoice", "customer"],
    "/accounts/login/": ["next"],
    "/api/v1/events/": ["after", "cursor", "limit"],
    "/api/v1/members/": ["cursor", "limit"],
    "/api/v1/api-keys/": ["cursor", "limit"],
    "/api/v1/customers/": ["code", "external_id", "siren", "q", "cursor", "limit"],
    "/api/v1/invoices/": [
        "customer", "number", "external_id", "status", "ordering", "expand", "cursor", "limit",
    ],
    "/api/v1/messages/": ["state", "cursor", "limit"],
    "/api/v1/replies/": ["state", "cursor", "limit"],
    "/api/v1/calls/": ["state", "cursor", "limit"],
    "/api/v1/holds/": ["standing", "cursor", "limit"],
    "/api/v1/tasks/": ["state", "cursor", "limit"],
    "/api/v1/letters/": ["state", "cursor", "limit"],
    "/api/v1/einvoice-statuses/": ["invoice", "cursor", "limit"],
    "/api/v1/payments/": ["customer", "invoice", "state", "cursor", "limit"],
    "/api/v1/allocations/": ["payment", "invoice", "cursor", "limit"],
    "/api/v1/transactions/": ["state", "cursor", "limit"],
    "/api/v1/openapi.json": ["format", "lang", "version"],
}  # fmt: skip
PATHS = (
    "/o/{}/", "/o/acme/invoices/{}/", "/o/acme/customers/{}/planned/", "/o/acme/letters/{}.pdf",
    "/api/v1/customers/{}/", "/api/v1/holds/{}/", "/api/v1/messages/{}/", "/api/v1/events/{}/",
    "/api/v1/customers/by-external-id/{}/", "/api/v1/invoices/by-number/{}/", "/{}/",
    "/accounts/confirm-email/{}/", "/accounts/password/reset/key/{}-x/",
)  # fmt: skip


def _as_letters() -> None:
    """Let letters carry what emails did."""
    for email in list(Message.objects.order_by("pk")):
        letter = Message.objects.get(pk=email.pk)
        letter.pk, letter.channel = None, "letter"
        letter.save(force_insert=True)
        Act.objects.filter(message=email.pk).update(message=letter)


@pytest.fixture
def ids(acme: Organization, now: None) -> dict[str, Any]:
    """Acme with one of each thing that an address may name."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, phone="0240000000")
        invoice = make.invoice(acme, amounts={"2026-02-03": 120_000}, customer=customer)
        note = make.credit_note(customer, minor=5_000)
        payment = make.payment(acme, minor=1_000, customer=customer)
        content = (corpora.SAMPLES / "two_accounts.ofx").read_bytes()
        partly = importing.Options(accept_partial=True, accept_disagreement=True)
        importing.import_statement(
            acme, importing.Upload("two.ofx", content), options=partly, at=make.AT
        )
        for on in (make.ON - timedelta(days=3), make.ON):
            planning.follow_up(acme, on=on, at=make.AT)
        taking_in.import_invoices(acme, "x.csv", CSV_FILE + b"1,2\n", on=make.ON, at=make.AT)
        key, _text = api_keys.issue(acme, name="held")
        _as_letters()  # for the doors of letters too
        rows = {
            "customer": customer, "invoice": invoice, "note": note, "payment": payment,
            "key": key, "contact": customer.contacts.get(), "call": Call.objects.get(),
            "message": Message.objects.latest("pk"), "account": BankAccount.objects.latest("pk"),
            "line": BankTransaction.objects.filter(amount_minor__gt=0).latest("pk"),
            "task": task_list.open_all(
                [Task(organization=acme, kind="other", reason="Look", due_on=make.ON)], at=make.AT
            )[0],
            "imported": ImportedFile.objects.latest("pk"),
            "scenario": scenarios.default(acme),
        }  # fmt: skip
    return {name: row.pk for name, row in rows.items()}


@pytest.fixture
def tried(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Iterator[list[Any]]:
    """Count the cells; what went wrong in them is told at the end, all of it."""
    wrong: list[Any] = []
    yield wrong
    assert wrong == []


class Draw:
    """Draw the cells to try: all with --full, else each so many-th, begun anew for each place."""

    def __init__(self, *, every: int) -> None:
        self.every, self.seen, self.tried = every, 0, 0

    def __call__(self) -> bool:
        self.seen += 1
        is_drawn = self.seen % self.every == 0
        self.tried += is_drawn
        return is_drawn


@pytest.fixture
def draw(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Draw]:
    is_full = request.config.getoption("--full")
    drawn = Draw(every=1 if is_full else EVERY)
    yield drawn
    if is_full:
        with capsys.disabled():
            print(f"\n{request.node.name}: {drawn.tried} cells")  # noqa: T201


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever a request did, so that each cell begins alike."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # a door's transaction is outermost
    with block:
        yield
        transaction.set_rollback(True)


def filled(value: Any, ids: Mapping[str, Any]) -> Any:
    """Return a value with the ids that it names filled in."""
    if isinstance(value, str):
        return re.sub(r"^\{(\w+)\}$", lambda match: str(ids[match[1]]), value)
    if isinstance(value, dict):
        return {name: filled(inner, ids) for name, inner in value.items()}
    return [filled(inner, ids) for inner in value] if isinstance(value, list) else value


def strings() -> dict[str, str]:
    """Return every text to try; those of the larger corpus too, where it is."""
    more: dict[str, str] = {}
    for path in sorted((corpora.CORPORA / "bad/strings").glob("*.json")):
        if path.stem != "query_strings":
            texts = json.loads(path.read_text())
            more |= {f"{path.stem} {n}": str(text) for n, text in enumerate(texts)}
    return hostile.UNSTORABLE | hostile.TEXTS | more


def kept_rightly(stored: Any, sent: str) -> bool:
    """Return whether a text is what was sent, but for blanks around it and ends of lines."""
    lines = sent.replace("\r\n", "\n").replace("\r", "\n").strip()
    return isinstance(stored, str) and stored.replace("\r\n", "\n").replace("\r", "\n") == lines


def is_unreadable(text: str) -> bool:
    return bool(re.search("[\x00\ud800-\udfff]", text))


# Nothing is left out


def form_modules() -> list[str]:
    """Return the modules whose forms all have a door in the table."""
    found = [f"{app}.forms" for app in OURS if (ROOT / app / "forms.py").exists()]
    return [*found, "dunning.text_forms"]


def test_every_form_has_a_door_here() -> None:
    found = {
        kind.__name__
        for module in form_modules()
        for kind in vars(importlib.import_module(module)).values()
        if isinstance(kind, type) and issubclass(kind, forms.BaseForm)
        if kind.__module__ == module
    }

    assert found == {door.reads for door in FORMS if door.reads}


def test_every_serializer_that_reads_has_a_door_here() -> None:
    get_resolver().url_patterns  # noqa: B018  # the doors are read with the addresses
    found, waiting = set(), [StrictSerializer]
    while waiting:
        below = waiting.pop().__subclasses__()
        found |= {kind.__name__ for kind in below}
        waiting += below

    assert found - ONLY_ANSWER == {door.reads for door in BODIES}


def test_every_form_names_all_its_fields() -> None:
    declared = {
        kind.__name__: set(vars(kind)["base_fields"])
        for module in form_modules()
        for kind in vars(importlib.import_module(module)).values()
        if isinstance(kind, type) and issubclass(kind, forms.BaseForm)
    }

    for door in FORMS:
        texts = declared.get(door.reads, set()) - {"file"}
        assert texts <= set(door.valid), door.reads


def test_every_query_parameter_that_is_read_is_tried_here() -> None:
    read = re.compile(
        r'(?:GET|query_params|asked)(?:\.get\(|\.getlist\(|\[)\s*"(\w+)"'
        r'|"(\w+)" (?:not )?in (?:request\.GET|asked)\b'
    )
    sources = [*ROOT.glob("*/views.py"), *ROOT.glob("*/views/*.py"), *ROOT.glob("*/api.py")]
    signed = ROOT / "dunning/views/provider_events.py"  # read after its proof: test_callbacks
    names = {
        one or other
        for path in sources
        if path != signed
        for one, other in read.findall(path.read_text())
    }

    assert names <= set(chain.from_iterable(QUERIES.values()))


# Query parameters and addresses


def test_no_query_breaks_a_page_or_the_api(
    ids: dict[str, Any], owner: Client, api: Client, draw: Draw, tried: list[Any]
) -> None:
    texts: dict[str, Any] = {**strings(), **hostile.NOT_UTF8}
    for address, names in QUERIES.items():
        client = api if address.startswith("/api/") else owner
        for name in names:
            for label, text in texts.items():
                if not draw():
                    continue
                where = address.format(**ids) + "?" + hostile.in_query(name, text[:8_000])
                with undone():
                    response = answered(client, "get", where)
                refuses = isinstance(text, bytes) or is_unreadable(text)
                wanted = {400} if client is api else {422}
                if response >= SERVER_ERROR or (refuses and response not in wanted):
                    tried.append((address, name, label, response))


def test_no_address_breaks_a_page_or_the_api(
    ids: dict[str, Any], owner: Client, api: Client, draw: Draw, tried: list[Any]
) -> None:
    for address in PATHS:
        client = api if address.startswith("/api/") else owner
        texts: dict[str, Any] = {**strings(), **hostile.NOT_UTF8}
        for label, text in texts.items():
            if not draw():
                continue
            quoted = hostile.in_query("x", text[:2_000]).removeprefix("x=")
            with undone():
                response = answered(client, "get", address.format(quoted or "%20"))
                if "/by-" in address:
                    response = max(
                        response,
                        answered(client, "put", address.format(quoted or "%20"), data=b"{}"),
                    )
            if response >= SERVER_ERROR:
                tried.append((address, label, response))


def answered(client: Client, method: str, address: str, **options: Any) -> int:
    client.raise_request_exception = False
    if "data" in options:
        options["content_type"] = options.pop("content_type", "application/json")
    response = client.generic(method.upper(), address, **options)
    return response.status_code


# Forms


def test_no_field_of_a_form_breaks_its_page_or_is_kept_otherwise(
    ids: dict[str, Any], acme: Organization, sure_owner: Client, draw: Draw, tried: list[Any]
) -> None:
    owner = sure_owner
    owner.raise_request_exception = False
    for door in FORMS:
        address = door.address if door.address.startswith("/") else f"/o/acme/{door.address}"
        valid = filled(dict(door.valid), ids)
        for name in valid:
            for label, text in strings().items():
                if not draw():
                    continue
                with undone():
                    response, stored = typed(
                        owner,
                        acme,
                        address.format(**ids),
                        {**valid, name: text},
                        door.kept.get(name),
                    )
                if response >= SERVER_ERROR or (is_unreadable(text) and response != 422):
                    tried.append((door.address, name, label, response))
                elif (
                    response < 400
                    and stored is not None
                    and not any(kept_rightly(value, text) for value in stored)
                ):
                    tried.append((door.address, name, label, "kept otherwise"))


def typed(
    client: Client,
    acme: Organization,
    address: str,
    values: Mapping[str, str],
    kept: tuple[Any, str] | None,
) -> tuple[int, list[Any] | None]:
    """Post a form as a browser does; return the status, and what is found in the last rows."""
    pairs = "&".join(hostile.in_query(name, value) for name, value in values.items())
    response = client.post(address, pairs, content_type="application/x-www-form-urlencoded")
    said = getattr(response.wsgi_request, "_messages", ())  # why, where it goes back to its page
    is_refused = any(message.level >= ERROR for message in said)
    if (
        kept is None
        or is_refused
        or response.status_code >= 400
        or "form" in (response.context or {})
    ):
        return response.status_code, None
    model, attribute = kept
    with tenant_transaction(acme.pk):
        stored = list(model.objects.order_by("-pk").values_list(attribute, flat=True)[:3])
    return response.status_code, stored


@pytest.mark.parametrize("raw", hostile.NOT_UTF8.values(), ids=hostile.NOT_UTF8)
@pytest.mark.parametrize("is_multipart", ["urlencoded", "multipart"])
def test_a_form_that_is_no_utf8_is_refused_and_nothing_kept(
    acme: Organization, owner: Client, raw: bytes, is_multipart: str
) -> None:
    if is_multipart == "multipart":
        content = encode_multipart("BoUnDaRyStRiNg", {**IDENTITY, "name": "MARK"})
        body, kind = content.replace(b"MARK", raw), MULTIPART_CONTENT
    else:
        pairs = "&".join(hostile.in_query(name, text) for name, text in IDENTITY.items())
        body = pairs.encode().replace(b"name=Acme", hostile.in_query("name", raw).encode())
        kind = "application/x-www-form-urlencoded"

    response = owner.generic("POST", f"/o/{acme.slug}/settings/", body, kind)

    assert response.status_code == 422
    acme.refresh_from_db()
    assert acme.name == "Acme"


@pytest.mark.parametrize(
    "name", ["a\x01b.csv", "..\\..\\x.csv", "=1+1.csv", "\u202evsc.exe", "x" * 400]
)
def test_no_name_of_a_file_breaks_an_upload(acme: Organization, owner: Client, name: str) -> None:
    owner.raise_request_exception = False
    for address in ("import/", "bank/upload/"):
        upload = SimpleUploadedFile("x.csv", CSV_FILE)
        upload._name = name  # type: ignore[attr-defined]  # as no browser would send it
        response = owner.post(f"/o/{acme.slug}/{address}", {"kind": "invoices", "file": upload})
        assert response.status_code < SERVER_ERROR


# Bodies


def test_no_field_of_a_body_breaks_the_api_or_is_kept_otherwise(
    ids: dict[str, Any], api: Client, draw: Draw, tried: list[Any]
) -> None:
    for door in BODIES:
        address = "/api/v1/" + door.address.format(**ids)
        valid = filled(dict(door.valid), ids)
        for place in places(valid):
            for label, value in {**strings(), **hostile.JSON_VALUES}.items():
                if not draw():
                    continue
                body = hostile.as_json(put(valid, place, value))
                with undone():
                    response = said_to(api, door.method, address, body)
                text = value if isinstance(value, str) else ""
                name = str(place[0])
                refuses = is_unreadable(text)
                if response.status_code >= SERVER_ERROR or (
                    refuses and response.status_code != 400
                ):
                    tried.append((door.address, place, label, response.status_code))
                elif response.status_code < 300 and text and place == (name,) and name in door.kept:
                    answer = response.json()[name]
                    tried += [] if kept_rightly(answer, text) else [(door.address, name, label)]


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in a body, outer ones too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, below in inner:
        yield (*before, name)
        if isinstance(below, dict | list):
            yield from places(below, (*before, name))


def put(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Return a body with another value in one place."""
    if not place:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[place[0]] = put(body[place[0]], place[1:], value)
    return copy


def said_to(client: Client, method: str, address: str, body: bytes) -> Any:
    client.raise_request_exception = False
    return client.generic(method.upper(), address, body, "application/json")


def test_a_body_that_is_accepted_is_refused_with_a_field_more(
    ids: dict[str, Any], api: Client
) -> None:
    for door in BODIES:
        address = "/api/v1/" + door.address.format(**ids)
        valid = filled(dict(door.valid), ids)
        for name in ("organization", "organization_id", "x", "__proto__"):
            with undone():
                response = said_to(api, door.method, address, hostile.as_json({**valid, name: "1"}))
            assert response.status_code == 400, (door.address, name, response.content)
            assert name in response.json()["errors"]


def test_no_body_breaks_the_api(
    ids: dict[str, Any], api: Client, draw: Draw, tried: list[Any]
) -> None:
    for door in BODIES:
        address = "/api/v1/" + door.address.format(**ids)
        for label, body in hostile.BODIES.items():
            if not draw():
                continue
            with undone():
                response = said_to(api, door.method, address, body)
            if response.status_code not in {400, 413}:
                tried.append((door.address, label, response.status_code))
            elif response["Content-Type"] != "application/problem+json":
                tried.append((door.address, label, response["Content-Type"]))


def test_a_body_too_large_is_refused_as_such(api: Client, ids: dict[str, Any]) -> None:
    body = hostile.BODIES["too large"]

    plain = said_to(api, "post", "/api/v1/customers/", body)
    once = api.generic(
        "POST", "/api/v1/customers/", body, "application/json", headers={"Idempotency-Key": "1"}
    )

    assert (plain.status_code, once.status_code) == (413, 413)
    assert plain.json()["code"] == once.json()["code"] == "too_large"


@pytest.mark.parametrize(
    "cursor", ["cD1hYmM=", "cD0AAA==", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk=", "%%%"]
)
def test_a_cursor_that_was_made_up_breaks_no_list(api: Client, cursor: str) -> None:
    for place in ("events", "customers", "invoices", "api-keys"):
        response = api.get(f"/api/v1/{place}/", {"cursor": cursor})
        assert response.status_code < SERVER_ERROR
