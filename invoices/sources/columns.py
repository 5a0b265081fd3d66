"""Which column of a file is what: by the mapping, by its header, by what it holds. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType
from typing import get_args

from common.refusals import BadCell, UploadRefused
from common.tables import Grid, fold
from common.written import DateOrder, DecimalSign, parse_date
from invoices.sources import identifiers

# Headers as `fold` leaves them, the surest first. Those of both languages say nothing about it.
_FRENCH: Mapping[str, str] = {
    "number": "numero facture|n facture|no facture|num facture|facture n|numero piece|n piece|"
    "numero document|n document|reference facture|ref facture|facture|numero|num|piece|n|ref",
    "kind": "type facture|type piece|type document|nature piece|nature|avoir",
    "customer": "nom client|raison sociale client|raison sociale|denomination|client|nom tiers|"
    "libelle tiers|debiteur|tiers|societe|entreprise|nom|client facture",
    "customer_code": "code client|numero client|n client|ref client|reference client|id client|"
    "identifiant client|compte client|code tiers|n tiers|compte auxiliaire|compte tiers|code",
    "siren": "siren|siret|numero siren|n siren|numero siret|n siret|siren client|siret client|"
    "siren siret",
    "vat_number": "tva intracom|tva intracommunautaire|n tva|numero tva|n tva intracom|"
    "n tva intracommunautaire|numero tva intracommunautaire|numero tva intracom",
    "email": "adresse mail|adresse email|adresse electronique|courriel|mel|email client|"
    "mail client|email comptabilite|email facturation|mail facturation",
    "phone": "telephone|tel|numero telephone|n telephone|tel client|portable|mobile",
    "language": "langue",
    "address": "adresse facturation|adresse client|adresse postale|adresse|rue|voie|adresse 1",
    "postcode": "code postal|cp",
    "city": "ville|commune|localite",
    "country": "pays|code pays",
    "iban": "iban client|iban tiers|ibans connus|compte bancaire|coordonnees bancaires",
    "issued_on": "date emission|date facture|date facturation|date piece|date document|"
    "emise|emis|emission|emise le|emis le|facturee le|date creation",
    "due_on": "date echeance|echeance|date limite paiement|date limite reglement|date limite|"
    "a payer avant|payable le|echue le|exigible le|date exigibilite|echeance facture|"
    "date reglement prevue",
    "currency": "devise|code devise|monnaie",
    "total_excluding_tax": "montant ht|total ht|ht|net ht|base ht|montant hors taxes|"
    "total hors taxes",
    "tax": "montant tva|total tva|tva",
    "total": "montant ttc|total ttc|ttc|net a payer|montant facture|montant total ttc|"
    "montant total|total facture|montant|total net",
    "balance": "solde du|restant du|reste du|reste a payer|reste a regler|montant restant|"
    "montant restant du|montant du|solde restant|solde|encours|restant",
    "status": "statut|etat|statut paiement|etat paiement|etat reglement|statut facture|paye|"
    "regle|soldee",
    "order_number": "numero commande|n commande|bon commande|n bon commande|ref commande|"
    "reference commande|commande|numero bon commande|votre reference",
    "external_id": "identifiant externe|identifiant|id externe",
    "segment": "segment client|categorie client|categorie|famille client|famille",
    "trading_name": "nom commercial|enseigne|nom usuel",
    "contact": "contact|nom contact|interlocuteur|contact facturation",
    "group_code": "groupe|code groupe|societe mere|maison mere",
    "paid_on": "date paiement|date reglement|date encaissement|date operation|date valeur",
    "amount": "montant paye|montant regle|montant encaisse|montant reglement|montant paiement|"
    "montant|credit",
    "label": "libelle|libelle operation|intitule|motif|libelle paiement",
    "payer_name": "payeur|nom payeur|donneur ordre|emetteur|nom emetteur",
    "payer_iban": "iban payeur|iban emetteur|iban donneur ordre",
    "invoice_number": "numero facture|n facture|no facture|num facture|facture|factures|"
    "reference facture|ref facture|numero piece",
}
_ENGLISH: Mapping[str, str] = {
    "number": "invoice number|invoice no|invoice num|invoice nr|invoice n|inv no|inv number|"
    "invoice ref|invoice reference|invoice id|invoice|document number|document no|doc no|number|"
    "no|reference",
    "kind": "kind|invoice type|document type|doc type|type|credit note",
    "customer": "customer name|client name|customer|company name|company|legal name|debtor name|"
    "debtor|buyer name|buyer|bill to|name",
    "customer_code": "customer code|customer id|customer no|customer number|client code|client id|"
    "client number|debtor code|debtor id|account code|account number|account no|account id",
    "siren": "company registration number|registration number|company number",
    "vat_number": "vat number|vat no|vat id|vat registration number|vat reg no|tax id",
    "email": "email|e mail|mail|email address|mail address|customer email|client email|"
    "billing email|contact email|emails",
    "phone": "phone|phone number|telephone number|customer phone|mobile phone|contact phone",
    "language": "language|lang|locale",
    "address": "billing address|customer address|street address|address|address line 1|address 1|"
    "street",
    "postcode": "postcode|post code|postal code|zip|zip code",
    "city": "city|town",
    "country": "country|country code",
    "iban": "iban|ibans|customer iban|customer ibans|known ibans|client iban|bank account",
    "issued_on": "issued on|issue date|invoice date|date issued|issued|invoiced on|document date|"
    "doc date|billing date|date",
    "due_on": "due on|due date|date due|payment due date|payment due|due|payable by|maturity|"
    "maturity date|pay by",
    "currency": "currency|currency code|ccy",
    "total_excluding_tax": "total excluding tax|total excl tax|amount excl tax|amount excluding tax"
    "|net amount|net total|subtotal|sub total|total ex vat|amount ex vat|net",
    "tax": "total tax|tax amount|vat amount|total vat|tax|vat",
    "total": "total including tax|total incl tax|amount incl tax|amount including tax|gross amount|"
    "gross total|total inc vat|invoice total|invoice amount|total amount|gross|total|amount",
    "balance": "balance due|amount due|amount outstanding|outstanding amount|outstanding balance|"
    "open amount|open balance|remaining amount|amount remaining|remaining|outstanding|unpaid amount"
    "|balance",
    "status": "status|payment status|invoice status|state|paid",
    "order_number": "order number|po number|po no|po|order no|purchase order|purchase order number|"
    "customer po|order ref|order reference|order",
    "external_id": "external id|external ref|id|uid|uuid",
    "segment": "segment|customer segment|category|customer category",
    "trading_name": "trading name|trade name|trading as|brand",
    "contact": "contact|contact name|contact person|attention",
    "group_code": "group id|group code|group|parent id|parent company",
    "paid_on": "paid on|payment date|date paid|received on|receipt date|value date|booking date|"
    "transaction date|date",
    "amount": "amount paid|paid amount|payment amount|amount received|amount|credit",
    "label": "label|bank label|description|memo|details|remittance|narrative",
    "payer_name": "payer name|payer|paid by|counterparty|counterparty name|sender",
    "payer_iban": "payer iban|counterparty iban|sender iban|iban",
    "invoice_number": "invoice number|invoice no|invoice numbers|invoice ref|invoice id|invoice|"
    "invoices",
}

_PARTY = (
    "siren vat_number email phone language address postcode city country iban segment external_id"
).split()
INVOICE = frozenset(
    "number kind customer customer_code issued_on due_on currency total_excluding_tax tax total "
    "balance status order_number".split()
    + _PARTY
)
CUSTOMER = frozenset("code other_code customer trading_name contact group_code".split() + _PARTY)
PAYMENT = frozenset(
    "paid_on amount currency label payer_name payer_iban customer_code invoice_number "
    "external_id".split()
)
EINVOICE_STATUS = frozenset("number code at reason_code reason amount currency event_id".split())


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person or a mapping file says of a file; the rest is recognised."""

    columns: Mapping[str, str] = field(default_factory=dict)  # header to canonical name, or ""
    decimal_sign: DecimalSign | None = None
    date_order: DateOrder | None = None
    currency: str = "EUR"  # of amounts that name none


UNSAID = Choices()


@dataclass(frozen=True, slots=True)
class Table:
    """How a file was understood."""

    columns: tuple[str, ...]
    mapping: dict[str, str]  # header to canonical name
    unmapped: tuple[str, ...]
    decimal_sign: DecimalSign | None
    date_order: DateOrder | None
    encoding: str
    delimiter: str


def choices(document: object, *, currency: str = "EUR") -> Choices:
    """Read a mapping file: {header: canonical name}, or that under "columns" beside the orders.

    Raises:
        UploadRefused: bad_mapping.
    """
    if not isinstance(document, dict):
        raise UploadRefused("bad_mapping", value=str(document)[:60])
    nested = isinstance(document.get("columns"), dict)
    columns = document["columns"] if nested else document
    orders = document if nested else {}
    for value in (*columns, *columns.values()):
        if value is not None and not isinstance(value, str):
            raise UploadRefused("bad_mapping", value=str(value)[:60])
    sign, order = orders.get("decimal_sign"), orders.get("date_order")
    for value, allowed in ((sign, get_args(DecimalSign)), (order, get_args(DateOrder))):
        if value is not None and value not in allowed:
            raise UploadRefused("bad_mapping", value=str(value)[:60])
    named = {header: canonical or "" for header, canonical in columns.items()}
    return Choices(named, sign, order, currency)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The headers that one kind of file may have."""

    names: frozenset[str]
    ranks: Mapping[str, Mapping[str, int]]  # canonical name to header to rank, the surest first
    known: frozenset[str]
    day: str = ""  # the one date that every row has

    def recognises(self, header: str) -> bool:
        return fold(header) in self.known


def vocabulary(
    names: frozenset[str], *, day: str = "", instead: Mapping[str, str] = MappingProxyType({})
) -> Vocabulary:
    """Return the vocabulary of a kind of file.

    Args:
        instead: canonical name to the only headers that it has in this kind of file.
    """
    ranks: dict[str, dict[str, int]] = {}
    for name in names:
        usual = f"{name}|{_ENGLISH.get(name, '')}|{_FRENCH.get(name, '')}"
        listed = instead.get(name, usual).split("|")
        ranks[name] = {fold(alias): rank for rank, alias in reversed(list(enumerate(listed)))}
        ranks[name].pop("", None)
    return Vocabulary(names, ranks, frozenset(chain.from_iterable(ranks.values())), day)


INVOICES = vocabulary(INVOICE, day="issued_on")
# Invoices name a customer's id where there is one; a code beside it is another name.
CUSTOMERS = vocabulary(
    CUSTOMER,
    instead={
        "code": f"id|customer id|{_FRENCH['customer_code']}|customer code|client code|client id",
        "other_code": "other code|short code|code court|mnemonique" + "|" * 30 + "code",  # last
        "external_id": "external id|external ref|identifiant externe|uid|uuid",
    },
)
PAYMENTS = vocabulary(PAYMENT, day="paid_on")
EINVOICE_STATUSES = vocabulary(
    EINVOICE_STATUS,
    instead={
        "code": "code|status code|status|code statut|statut|code etat|etat",
        "at": "at|status at|date time|status date|timestamp|date|date statut|date heure|horodatage",
        "reason_code": "reason code|code motif|motif code",
        "reason": "reason|reason text|comment|motif|libelle motif|commentaire",
        "amount": "amount|montant",
        "event_id": "event id|id|uuid|identifiant evenement|id evenement|identifiant",
    },
)


def recognise(grid: Grid, *, known: Vocabulary, chosen: Choices) -> dict[str, int]:
    """Return the position of each column that is understood, by canonical name.

    What the mapping says comes first, then the headers, then what the columns hold.

    Raises:
        UploadRefused: unknown_header or unknown_column, when the mapping does not fit the file.
    """
    positions, spoken_for = _mapped(grid, known=known, chosen=chosen)
    candidates = sorted(
        (rank, name, position)
        for position, header in enumerate(grid.header)
        for name, ranks in known.ranks.items()
        if (rank := ranks.get(fold(header))) is not None
    )
    for _, name, position in candidates:
        if name not in positions and position not in spoken_for:
            positions[name] = position
            spoken_for.add(position)
    for name, position in _by_content(grid, skip=spoken_for):
        if name in known.names and name not in positions:
            positions[name] = position
            spoken_for.add(position)
    day = known.day
    if day and day not in positions:
        dates = list(_columns_of(_is_date, grid, skip=spoken_for))
        if len(dates) == 1:  # of two, which is which would be a guess
            positions[day] = dates[0]
    return positions


def _mapped(grid: Grid, *, known: Vocabulary, chosen: Choices) -> tuple[dict[str, int], set[int]]:
    by_header = {fold(header): position for position, header in enumerate(grid.header)}
    positions: dict[str, int] = {}
    spoken_for: set[int] = set()
    for header, name in chosen.columns.items():
        if fold(header) not in by_header:
            raise UploadRefused("unknown_header", value=header[:60])
        if name and name not in known.names:
            raise UploadRefused("unknown_column", value=name[:60])
        position = by_header[fold(header)]
        spoken_for.add(position)
        if name:
            positions[name] = position
    return positions, spoken_for


_ENOUGH = 3  # values, for a column to show what it is
_TELLING: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("iban", identifiers.is_iban),
    ("email", identifiers.is_email),
    ("siren", identifiers.is_siren),
)


def _by_content(grid: Grid, *, skip: set[int]) -> Iterator[tuple[str, int]]:
    for name, is_one in _TELLING:
        for position in _columns_of(is_one, grid, skip=skip):
            yield name, position


def _columns_of(is_one: Callable[[str], bool], grid: Grid, *, skip: set[int]) -> Iterator[int]:
    """Yield the columns without a known header nearly all of whose values are of one sort."""
    for position in range(len(grid.header)):
        if position in skip:
            continue
        values = [cells[position] for _, cells in grid.rows[:500] if cells[position].strip()]
        if len(values) >= _ENOUGH and sum(map(is_one, values)) >= 0.9 * len(values):
            yield position


def _is_date(text: str) -> bool:
    try:
        parse_date(text, order=None)
    except BadCell:
        return False
    return True


def is_french(grid: Grid) -> bool:
    """Return whether more of the headers are French alone than English alone."""
    folded = [fold(header) for header in grid.header]
    french = sum(header in _FRENCH_ONLY for header in folded)
    return french > sum(header in _ENGLISH_ONLY for header in folded)


def _folded(headers: Mapping[str, str]) -> frozenset[str]:
    return frozenset(fold(alias) for listed in headers.values() for alias in listed.split("|"))


_FRENCH_ONLY = _folded(_FRENCH) - _folded(_ENGLISH)
_ENGLISH_ONLY = _folded(_ENGLISH) | _folded({name: name for name in INVOICE}) - _folded(_FRENCH)
