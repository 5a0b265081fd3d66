"""A believable book of a small firm, made from a seed: customers, invoices, and how they pay.

Pure: the same seed gives the same book. Every name is invented; every address ends in .example.
"""

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

TRADES = (
    "Menuiserie Boulangerie Garage Imprimerie Pharmacie Brasserie Librairie Plomberie Peinture "
    "Cabinet Atelier Ferronnerie Jardinerie Traiteur Optique Scierie Transports Serrurerie "
    "Carrosserie Fonderie Papeterie Conserverie Tannerie Vitrerie Maroquinerie"
).split()
FAMILIES = (
    "Morvan Delmas Carré Vasseur Kermadec Ferré Aubry Lormier Teissier Bonnafous Castagne Duvivier "
    "Escoffier Fabrègue Gauvain Hennebel Jolivet Lacaze Marchal Nogaret Ollivier Péchard Quentric "
    "Roussel Savary Thibault Urvoas Vidalenc Weber Ybert Zeller Astruc Brunet Cordier Dampierre"
).split()
FORMS = ("SARL", "SAS", "SASU", "EURL", "SA", "")
TOWNS = (
    ("75011", "Paris"), ("69003", "Lyon"), ("13006", "Marseille"), ("44000", "Nantes"),
    ("33000", "Bordeaux"), ("59000", "Lille"), ("67000", "Strasbourg"), ("35000", "Rennes"),
    ("31000", "Toulouse"), ("34000", "Montpellier"), ("21000", "Dijon"), ("38000", "Grenoble"),
    ("29200", "Brest"), ("76000", "Rouen"), ("54000", "Nancy"), ("37000", "Tours"),
)  # fmt: skip
STREETS = (
    "rue du Port", "avenue de la Gare", "place du Marché", "quai des Tanneurs", "rue Pasteur",
    "boulevard de l’Europe", "chemin des Vignes", "impasse du Moulin",
)  # fmt: skip
BRITISH = ("Harrow", "Ellesmere", "Whitby", "Marlow", "Kendal", "Ashdown", "Tamworth", "Selby")
BRITISH_TRADES = ("Joinery", "Foods", "Print", "Optics", "Garden", "Textiles", "Marine", "Books")

# Days after the due date on which a customer usually pays, and how often one is like that.
HABITS = ((-3, 20), (0, 20), (6, 20), (12, 18), (24, 12), (45, 6), (None, 4))
TERMS = (30, 30, 30, 45, 60)
VAT = 20  # per cent
HISTORY_DAYS = 150
STATEMENT_DAYS = 10


@dataclass(frozen=True, slots=True)
class Debtor:
    code: str
    name: str
    siren: str
    language: str
    email: str
    phone: str
    address: str
    postcode: str
    city: str
    country: str
    habit: int | None  # days after the due date; None never pays
    terms: int


@dataclass(frozen=True, slots=True)
class Sale:
    number: str
    debtor: Debtor
    issued_on: date
    due_on: date
    total_minor: int
    pays_on: date | None  # the day its money arrives, which the book may not know yet


@dataclass(frozen=True, slots=True)
class Transfer:
    reference: str
    on: date
    label: str
    amount_minor: int
    settles: tuple[Sale, ...]


@dataclass(frozen=True, slots=True)
class Book:
    on: date
    debtors: tuple[Debtor, ...]
    sales: tuple[Sale, ...]
    transfers: tuple[Transfer, ...] = field(default=())


def generate(*, seed: int, customers: int, invoices: int, on: date) -> Book:
    """Make a book as it stands on a day.

    What was paid more than ten days ago is settled in it; what came in since is still open and
    stands in the bank statement instead.
    """
    chance = random.Random(seed)  # noqa: S311  # a generator of samples, not of secrets
    debtors = tuple(_debtor(chance, number) for number in range(1, customers + 1))
    sales = tuple(sorted(_sales(chance, debtors, invoices, on), key=lambda sale: sale.number))
    return Book(on, debtors, sales, tuple(_transfers(chance, sales, on)))


def invoices_csv(sales: Sequence[Sale], *, known_until: date) -> bytes:
    """Return sales as an accounting program would export them: semicolons, French figures.

    Args:
        known_until: what was paid up to this day is settled in the file.
    """
    header = (
        "Numéro de facture;Code client;Client;SIREN;Email;Téléphone;Langue;Adresse;Code postal;"
        "Ville;Pays;Date de facture;Échéance;Devise;Total TTC;Solde"
    ).split(";")
    rows = [
        (
            sale.number,
            sale.debtor.code,
            sale.debtor.name,
            sale.debtor.siren,
            sale.debtor.email,
            sale.debtor.phone,
            sale.debtor.language,
            sale.debtor.address,
            sale.debtor.postcode,
            sale.debtor.city,
            sale.debtor.country,
            sale.issued_on.strftime("%d/%m/%Y"),
            sale.due_on.strftime("%d/%m/%Y"),
            "EUR",
            french(sale.total_minor),
            french(0 if sale.pays_on and sale.pays_on <= known_until else sale.total_minor),
        )
        for sale in sales
    ]
    return _csv([header, *rows], delimiter=";").encode()


def customers_csv(debtors: Iterable[Debtor], *, contacts: Mapping[str, str]) -> bytes:
    """Return customers as an accounting program would export them.

    Args:
        contacts: whom to reach at each, by code.
    """
    header = (
        "Code client;Client;Contact;SIREN;Email;Téléphone;Langue;Adresse;Code postal;Ville;Pays"
    ).split(";")
    rows = [
        (
            debtor.code,
            debtor.name,
            contacts[debtor.code],
            debtor.siren,
            debtor.email,
            debtor.phone,
            debtor.language,
            debtor.address,
            debtor.postcode,
            debtor.city,
            debtor.country,
        )
        for debtor in debtors
    ]
    return _csv([header, *rows], delimiter=";").encode()


def known_until(book: Book) -> date:
    """Return the last day whose payments the firm's books already hold."""
    return book.on - timedelta(days=STATEMENT_DAYS)


def truth_csv(book: Book) -> bytes:
    """Return which transfer pays what: `reference, amount, invoices` separated by bars."""
    rows = [
        (
            transfer.reference,
            plain(transfer.amount_minor),
            "|".join(sale.number for sale in transfer.settles),
        )
        for transfer in book.transfers
    ]
    return _csv([("reference", "amount", "invoices"), *rows], delimiter=",").encode()


def statement_ofx(transfers: Sequence[Transfer], *, closing_minor: int, until: date) -> bytes:
    """Return transfers as a French bank writes them: OFX 1.0.2, tags left open, NAME cut at 31."""
    lines = "".join(
        "<STMTTRN>\n"
        f"<TRNTYPE>{'CREDIT' if transfer.amount_minor > 0 else 'DEBIT'}\n"
        f"<DTPOSTED>{transfer.on:%Y%m%d}\n"
        f"<TRNAMT>{plain(transfer.amount_minor)}\n"
        f"<FITID>{transfer.reference}\n"
        f"<NAME>{transfer.label[:31]}\n"
        f"<MEMO>{transfer.label}\n"
        "</STMTTRN>\n"
        for transfer in transfers
    )
    first = min((transfer.on for transfer in transfers), default=until)
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\n"
        "CHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
        "<OFX>\n<BANKMSGSRSV1>\n<STMTTRNRS>\n<TRNUID>0\n<STMTRS>\n<CURDEF>EUR\n"
        "<BANKACCTFROM>\n<BANKID>30006\n<BRANCHID>00001\n<ACCTID>12345678901\n"
        "<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"
        f"<BANKTRANLIST>\n<DTSTART>{first:%Y%m%d}\n<DTEND>{until:%Y%m%d}\n{lines}</BANKTRANLIST>\n"
        f"<LEDGERBAL>\n<BALAMT>{plain(closing_minor)}\n<DTASOF>{until:%Y%m%d}\n</LEDGERBAL>\n"
        "</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n"
    ).encode("cp1252", errors="replace")


def french(minor: int) -> str:
    """Return 123456 as 1234,56."""
    return plain(minor).replace(".", ",")


def plain(minor: int) -> str:
    """Return 123456 as 1234.56."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def _csv(rows: Iterable[Sequence[str]], *, delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _debtor(chance: random.Random, number: int) -> Debtor:
    english = chance.random() < 0.15  # noqa: PLR2004  # about one customer in seven
    if english:
        name = f"{chance.choice(BRITISH)} {chance.choice(BRITISH_TRADES)} {number} Ltd"
        place, country, phone = ("SW1A 1AA", "London"), "GB", f"+4420{7946_0000 + number % 1000:08}"
    else:
        form = chance.choice(FORMS)
        name = f"{chance.choice(TRADES)} {chance.choice(FAMILIES)} {number} {form}".strip()
        place, country, phone = chance.choice(TOWNS), "FR", f"01990{number % 100_000:05}"
    habits, weights = zip(*HABITS, strict=True)
    return Debtor(
        code=f"C{number:05}",
        name=name,
        siren="" if english else siren(number),
        language="en" if english else "fr",
        email=f"compta@client{number}.example",
        phone=phone,
        address=f"{chance.randint(1, 180)} {chance.choice(STREETS)}",
        postcode=place[0],
        city=place[1],
        country=country,
        habit=chance.choices(habits, weights)[0],
        terms=chance.choice(TERMS),
    )


def siren(number: int) -> str:
    """Return an invented SIREN: eight digits and the Luhn digit that makes them one."""
    body = f"{90_000_000 + number:08}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return f"{body}{-sum(value // 10 + value % 10 for value in doubled) % 10}"


def _sales(
    chance: random.Random, debtors: Sequence[Debtor], count: int, on: date
) -> Iterable[Sale]:
    days = sorted(chance.randrange(HISTORY_DAYS) for _ in range(count))
    for number, back in enumerate(reversed(days), 1):
        debtor = chance.choice(debtors)
        issued_on = on - timedelta(days=back)
        due_on = issued_on + timedelta(days=debtor.terms)
        pays_on = None
        if debtor.habit is not None:
            pays_on = due_on + timedelta(days=debtor.habit + chance.randint(-2, 4))
        yield Sale(
            number=f"F-{issued_on.year}-{number:05}",
            debtor=debtor,
            issued_on=issued_on,
            due_on=due_on,
            total_minor=_price(chance),
            pays_on=pays_on,
        )


def _price(chance: random.Random) -> int:
    """Return a total with tax, in cents: many small ones, a few large."""
    before_tax = round(chance.lognormvariate(6.3, 0.9)) * 100 + chance.choice((0, 0, 50, 90))
    return before_tax * (100 + VAT) // 100


def _transfers(chance: random.Random, sales: Sequence[Sale], on: date) -> Iterable[Transfer]:
    first = on - timedelta(days=STATEMENT_DAYS - 1)
    arrived: dict[tuple[date, str], list[Sale]] = {}
    for sale in sales:
        if sale.pays_on and first <= sale.pays_on <= on:
            arrived.setdefault((sale.pays_on, sale.debtor.code), []).append(sale)
    for number, ((day, _code), paid) in enumerate(sorted(arrived.items()), 1):
        yield Transfer(
            reference=f"{day:%Y%m%d}T{number:06}",
            on=day,
            label=label(chance, paid),
            amount_minor=sum(sale.total_minor for sale in paid),
            settles=tuple(paid),
        )


def label(chance: random.Random, paid: Sequence[Sale]) -> str:
    """Return what the bank prints: the payer, and a reference as debtors write them, or none."""
    numbers = " ".join(sale.number for sale in paid)
    motive = chance.choices(
        (numbers, numbers.replace("-", " "), f"FACTURE {numbers}", "REGLEMENT FOURNISSEUR"),
        (55, 10, 20, 15),
    )[0]
    return f"VIR SEPA RECU /DE {paid[0].debtor.name.upper()} /MOTIF {motive} /REF NOTPROVIDED"
