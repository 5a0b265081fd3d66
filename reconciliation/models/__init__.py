"""Which bank line is which payment."""

from reconciliation.models.bank_account import BankAccount
from reconciliation.models.bank_transaction import BankTransaction
from reconciliation.models.match import Match
from reconciliation.models.past_payment import PastPayment
from reconciliation.models.probable_payment import ProbablePayment
from reconciliation.models.statement import QuarantinedLine, Statement

__all__ = [
    "BankAccount",
    "BankTransaction",
    "Match",
    "PastPayment",
    "ProbablePayment",
    "QuarantinedLine",
    "Statement",
]
