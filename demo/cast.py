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
    VOICEMAIL = "voicemail"


class Reference(Enum):
    """How a customer words a transfer."""

    NUMBER = "the invoice's number"
    SPACED = "the number with spaces"
    NAME_ONLY = "nothing but its name"


@dataclass(frozen=True, slots=True)
class Character:
    code: str
    name: str
    city: str
    postcode: str
    contact: str
    pays_after: int | None  # days from the due date; None: not by itself
    language: str = "fr"
    answer: Answer = Answer.VOICEMAIL
    reference: Reference = Reference.NUMBER
    terms: int = 30
    every_days: int = 21  # how often it buys
    price: int = 2_400_00  # a usual total, in cents
    has_email: bool = True


CAST = (
    Character("C-00412", "Brasserie Lutèce", "Paris", "75014", "Denis Aubry", None,
              answer=Answer.PROMISES_ONLY, price=6_120_00, every_days=24),
    Character("C-00118", "Sofabat Construction", "Nantes", "44000", "Nadia Ferhat", 41,
              answer=Answer.PROMISES_AND_PAYS, price=7_480_00, every_days=30),
    Character("C-00027", "Groupe Hélios", "Lyon", "69003", "Service fournisseurs", 33,
              reference=Reference.SPACED, price=3_640_00, terms=45),
    Character("C-00203", "Cabinet Ferré", "Bordeaux", "33000", "Maître Ferré", None,
              answer=Answer.VOICEMAIL, price=2_670_00, every_days=45),
    Character("C-00064", "Les Halles de Rennes", "Rennes", "35000", "Yann Le Goff", 9,
              price=2_094_12, every_days=14),
    Character("C-00339", "Pharmacie du Port", "Nantes", "44100", "Inès Caradec", 12,
              reference=Reference.NAME_ONLY, price=1_240_00),
    Character("C-00081", "Hôtel des Remparts", "Saint-Malo", "35400", "Paul Thomas", 5,
              price=3_015_50, every_days=28),
    Character("C-00155", "Imprimerie Vasseur", "Angers", "49000", "Luc Vasseur", 0,
              price=1_480_00, every_days=18),
    Character("C-00290", "Menuiserie Carré", "Cholet", "49300", "Anne Carré", -2,
              price=860_00, every_days=10),
    Character("C-00301", "Garage Delmas", "Vannes", "56000", "Éric Delmas", 16,
              answer=Answer.PROMISES_AND_PAYS, reference=Reference.NAME_ONLY, price=980_00),
    Character("C-00322", "Kermadec Marine", "Brest", "29200", "Soizic Kermadec", 10,
              price=1_975_00),
    Character("C-00345", "Mairie de Clisson", "Clisson", "44190", "Régie des marchés", 18,
              reference=Reference.SPACED, price=4_935_00, every_days=40),
    Character("C-00350", "Librairie Tournesol", "Nantes", "44000", "Mathilde Oger", 2,
              price=640_00, every_days=12),
    Character("C-00361", "Clinique des Tilleuls", "Tours", "37000", "Comptabilité", 24,
              reference=Reference.NAME_ONLY, price=5_210_00, terms=45, every_days=35),
    Character("C-00370", "Harrow Joinery Ltd", "London", "SW1A 1AA", "Emma Clarke", 14,
              language="en", price=3_150_00, every_days=26),
    Character("C-00371", "Whitby Textiles Ltd", "Leeds", "LS1 4AP", "Accounts", 29,
              language="en", answer=Answer.PROMISES_AND_PAYS, price=2_780_00, every_days=32),
    Character("C-00380", "Scierie du Bocage", "Pouzauges", "85700", "Joël Guérin", 8,
              price=1_120_00, has_email=False),
    Character("C-00391", "Traiteur Bonnafous", "Toulouse", "31000", "Claire Bonnafous", -1,
              price=730_00, every_days=15),
    Character("C-00402", "Carrosserie Teissier", "Nîmes", "30000", "Marc Teissier", None,
              answer=Answer.VOICEMAIL, price=1_890_00, every_days=50),
    Character("C-00415", "Optique Savary", "La Rochelle", "17000", "Julie Savary", 3,
              price=920_00, every_days=17),
)  # fmt: skip
