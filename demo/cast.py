"""Who plays in the demo: a joiner's workshop in Nantes, and the customers it waits for.

Every name is invented; every address ends in .example, every number is one reserved for fiction.
"""

from dataclasses import dataclass
from enum import Enum

NAME = "Atelier Morvan"
SLUG = "demo"
PASSWORD = "encours-demo"  # noqa: S105  # printed by the launcher: the demo is for everyone
IBAN = "FR7630006000011234567890189"

# What the workshop writes on its letters.
IDENTITY = {
    "siren": "900004994",
    "vat_number": "FR19900004994",
    "address": "12 quai de la Fosse",
    "postcode": "44000",
    "city": "Nantes",
    "email": "comptabilite@morvan.example",
    "phone": "0199004100",
    "signatory": "Camille Roy",
    "signatory_title": "Gérante",
    "legal_footer": "SARL au capital de 8 000 € · RCS Nantes 900 004 994",
    "bic": "AGRIFRPP",
}

PEOPLE = {
    "owner": "Camille Roy",
    "collector": "Léa Marchand",
    "accountant": "Hugo Bellanger",
}


class Answer(Enum):
    """What a customer says when called."""

    PROMISES_AND_PAYS = "promises and pays"
    PROMISES_ONLY = "promises only"
    SAYS_PAID = "says it is paid"
    DISPUTES = "disputes"
    CALL_BACK = "asks to be called back"
    WRONG_NUMBER = "is not at this number"
    VOICEMAIL = "voicemail"


class Reference(Enum):
    """How a customer words a transfer."""

    NUMBER = "the invoice's number"
    SPACED = "the number with spaces"
    NAME_ONLY = "nothing but its name"


@dataclass(frozen=True, slots=True)
class Character:
    """A customer, and how it behaves.

    Args:
        pays_after: days from the due date to the money, a little more or less.
        last_due: days from the last day of the story to the due date of its last invoice.
        unpaid: how many of its last invoices nobody has paid yet.
        pays_together: the last two that are paid come in one transfer.
        short_by: what a foreign bank keeps of its last transfer, in cents.
        mail_returns: its mailbox is closed in the end.
        paused: it has asked for patience in the end.
    """

    code: str
    name: str
    city: str
    postcode: str
    contact: str
    pays_after: int
    last_due: int
    unpaid: int = 0
    language: str = "fr"
    answer: Answer = Answer.VOICEMAIL
    reference: Reference = Reference.NUMBER
    terms: int = 30
    every_days: int = 21  # how often it buys
    price: int = 2_400_00  # a usual total, in cents
    has_email: bool = True
    pays_together: bool = False
    short_by: int = 0
    mail_returns: bool = False
    paused: bool = False


# The last day is a working one, day 0: what is due then, and what was due 7 or 15 days before,
# is reminded on it; who was due 11 to 15 days before is to be called in its last days.
CAST = (
    # promised, and did not pay: broken in the last days
    Character("C-00412", "Brasserie Lutèce", "Paris", "75014", "Denis Aubry", 38, 1, unpaid=3,
              answer=Answer.PROMISES_ONLY, price=6_120_00, every_days=27),
    # promises, and keeps what it promises; the last one stands
    Character("C-00118", "Sofabat Construction", "Nantes", "44000", "Nadia Ferhat", 41, 13,
              answer=Answer.PROMISES_AND_PAYS, price=7_480_00, every_days=30),
    # always late; reminded firmly today
    Character("C-00027", "Groupe Hélios", "Lyon", "69003", "Service fournisseurs", 26, 27,
              reference=Reference.SPACED, price=3_640_00, terms=45),
    # paid late, then no more: one formal notice posted, one to post
    Character("C-00203", "Cabinet Ferré", "Bordeaux", "33000", "Maître Ferré", 20, -33, unpaid=3,
              price=2_670_00, every_days=45),
    # ten days late as a rule; two invoices in one transfer
    Character("C-00064", "Les Halles de Rennes", "Rennes", "35000", "Yann Le Goff", 9, 5,
              price=2_094_12, every_days=14, pays_together=True),
    # its transfers name no invoice
    Character("C-00339", "Pharmacie du Port", "Nantes", "44100", "Inès Caradec", 12, 9,
              reference=Reference.NAME_ONLY, price=1_240_00),
    # mail to it comes back since lately
    Character("C-00081", "Hôtel des Remparts", "Saint-Malo", "35400", "Paul Thomas", 5, -9,
              unpaid=1, price=3_015_50, every_days=28, mail_returns=True),
    # pays on the day
    Character("C-00155", "Imprimerie Vasseur", "Angers", "49000", "Luc Vasseur", 0, 0,
              price=1_480_00, every_days=18),
    # pays before the day
    Character("C-00290", "Menuiserie Carré", "Cholet", "49300", "Anne Carré", -2, 12,
              price=860_00, every_days=10),
    # says that it has paid, and has, after a while
    Character("C-00301", "Garage Delmas", "Vannes", "56000", "Éric Delmas", 16, 13,
              answer=Answer.SAYS_PAID, reference=Reference.NAME_ONLY, price=980_00, every_days=30),
    # pays ten days late, whatever one does
    Character("C-00322", "Kermadec Marine", "Brest", "29200", "Soizic Kermadec", 10, 14,
              price=1_975_00),
    # asked for patience: paused
    Character("C-00345", "Mairie de Clisson", "Clisson", "44190", "Régie des marchés", 18, -12,
              unpaid=1, reference=Reference.SPACED, price=4_935_00, every_days=40, paused=True),
    # pays by itself; its next one is due tomorrow
    Character("C-00350", "Librairie Tournesol", "Nantes", "44000", "Mathilde Oger", 2, 1,
              price=640_00, every_days=12),
    # contests
    Character("C-00361", "Clinique des Tilleuls", "Tours", "37000", "Comptabilité", 24, 6,
              answer=Answer.DISPUTES, reference=Reference.NAME_ONLY, price=5_210_00, terms=45,
              every_days=35),
    # abroad: its bank keeps a fee
    Character("C-00370", "Harrow Joinery Ltd", "London", "SW1A 1AA", "Emma Clarke", 14, 12,
              language="en", price=3_150_00, every_days=26, short_by=15_00),
    # abroad: to be called today
    Character("C-00371", "Whitby Textiles Ltd", "Leeds", "LS1 4AP", "Accounts", 29, 22,
              language="en", answer=Answer.PROMISES_AND_PAYS, price=2_780_00, every_days=32),
    # has no email: called only
    Character("C-00380", "Scierie du Bocage", "Pouzauges", "85700", "Joël Guérin", 8, -12,
              unpaid=1, price=1_120_00, has_email=False),
    Character("C-00391", "Traiteur Bonnafous", "Toulouse", "31000", "Claire Bonnafous", -1, 6,
              price=730_00, every_days=15),
    # moved: nobody at this number, and no other one
    Character("C-00402", "Carrosserie Teissier", "Nîmes", "30000", "Marc Teissier", 20, -39,
              unpaid=1, answer=Answer.WRONG_NUMBER, price=1_890_00, every_days=50),
    # the two that keep the house warm
    Character("C-00407", "Conserverie Ollivier", "Quimper", "29000", "Gaël Ollivier", 0, 9,
              price=5_480_00, every_days=14),
    Character("C-00409", "Transports Gauvain", "Niort", "79000", "Nora Gauvain", 1, 2,
              price=4_390_00, every_days=14),
    # asked to be called back today
    Character("C-00415", "Optique Savary", "La Rochelle", "17000", "Julie Savary", 3, -18,
              unpaid=1, answer=Answer.CALL_BACK, price=920_00, every_days=17),
)  # fmt: skip
