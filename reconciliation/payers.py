"""Whose money a bank line is, from what paid before: accounts, and names as banks write them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Q
from stdnum import iban

from invoices.models import Customer
from payments.models import Payment
from reconciliation.models import BankTransaction, Match, PastPayment
from reconciliation.scoring import plain

# What banks write where a payer's name could stand, and that names nobody.
_NOBODY = frozenset(
    ["VIR", "VIREMENT", "SEPA", "INST", "INSTANTANE", "RECU", "RECEPTION", "CREDIT", "TRANSFER",
     "REMISE", "CHEQUE", "CHEQUES", "CB", "CARTE", "PRELEVEMENT", "PRLV", "DE", "DU", "M"]
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ACCOUNT = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8}\b")


def of(lines: Sequence[BankTransaction]) -> Mapping[int, frozenset[int]]:
    """Return the customers whose account or payer's name stands in each line, by the line's id.

    One account may pay for several customers, as a group's does. Five queries.
    """
    names = {line.pk: _name(line.name) for line in lines}
    accounts = {line.pk: _accounts(line.label) for line in lines}
    by_name = _by_name({name for name in names.values() if name})
    by_account = _by_account({account for found in accounts.values() for account in found})
    return {
        line.pk: frozenset(
            {*by_name.get(names[line.pk], ())}.union(
                *(by_account.get(account, ()) for account in accounts[line.pk])
            )
        )
        for line in lines
    }


def _by_name(names: set[str]) -> Mapping[str, set[int]]:
    """Return the customers whose payments came under these names, as the bank wrote them."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    if not names:
        return found
    # Table by table: joined, they are planned by what the tables held before this very import.
    lines = dict(BankTransaction.objects.filter(name__in=names).values_list("pk", "name"))
    tied = Match.objects.filter(undone_at__isnull=True, transaction__in=lines.keys())
    payments = dict(tied.values_list("payment", "transaction"))
    paid = Payment.objects.filter(pk__in=payments.keys()).values_list("pk", "customer")
    for payment, customer in paid:
        found[lines[payments[payment]]].add(customer)
    past = PastPayment.objects.filter(payer_name__in=names)
    for name, customer in past.values_list("payer_name", "customer").distinct():
        found[name].add(customer)
    return found


def _by_account(accounts: set[str]) -> Mapping[str, set[int]]:
    """Return the customers who own these accounts, or for whom they paid."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    if not accounts:
        return found
    owners = Customer.objects.filter(Q(ibans__overlap=sorted(accounts)))
    for customer, ibans in owners.values_list("pk", "ibans"):
        for account in accounts.intersection(ibans):
            found[account].add(customer)
    past = PastPayment.objects.filter(payer_iban__in=accounts)
    for account, customer in past.values_list("payer_iban", "customer").distinct():
        found[account].add(customer)
    return found


def _name(text: str) -> str:
    """Return a payer's name as it is compared; none where the bank only says what came."""
    words = _WORD.findall(plain(text))
    return text if any(word not in _NOBODY for word in words) else ""


def _accounts(label: str) -> set[str]:
    """Return the account numbers in a label, each the longest that is one."""
    found = set()
    for match in _ACCOUNT.finditer(label.upper()):
        text = match[0]
        for end in range(len(text), 14, -1):
            compact = text[:end].replace(" ", "")
            if (end == len(text) or text[end] == " ") and iban.is_valid(compact):
                found.add(compact)
                break
    return found
