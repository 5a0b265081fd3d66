"""The words that files use for kinds and states of invoices, folded by `tables.fold`. Pure."""

from collections.abc import Mapping
from typing import Literal

CREDIT = frozenset(
    "avoir|avoirs|a|av|facture avoir|credit note|credit|credit memo|cn|note credit|381".split("|")
)
_DEPOSIT = (
    "acompte|facture acompte|deposit|deposit invoice|advance|advance payment|prepayment|"
    "down payment|arrhes|386"
)
_INVOICE = "facture|factures|fac|fact|fa|f|invoice|inv|standard|vente|sale|380|"

KINDS: Mapping[str, Literal["invoice", "credit_note", "deposit"]] = {
    **dict.fromkeys(_INVOICE.split("|"), "invoice"),
    **dict.fromkeys(_DEPOSIT.split("|"), "deposit"),
    **dict.fromkeys(CREDIT, "credit_note"),
}

YES = frozenset("oui|o|yes|y|vrai|true|x|1".split("|"))

PAID = YES | frozenset(
    "paid|paye|payee|payes|payees|regle|reglee|solde|soldee|acquitte|acquittee|encaisse|encaissee|"
    "lettre|lettree|settled|closed|cloture|cloturee|fully paid|totalement payee|paid full|"
    "paid in full".split("|")
)
OPEN = frozenset(
    "open|ouvert|ouverte|impaye|impayee|non paye|non payee|non regle|non reglee|non solde|"
    "non soldee|a payer|a regler|attente|attente paiement|attente reglement|due|echue|"
    "non echue|en retard|retard|unpaid|overdue|outstanding|pending|sent|issued|emise|envoyee|"
    "validee|comptabilisee|approved|partiel|partielle|partiellement payee|partiellement reglee|"
    "partially paid|part paid|partly paid|partial|late|not paid|relance|relancee|litige|non|n|no|"
    "faux|false|0".split("|")
)
NOT_ISSUED = frozenset(
    "brouillon|draft|annule|annulee|cancelled|canceled|void|voided|proforma|pro forma|devis|quote|"
    "supprimee|deleted".split("|")
)
