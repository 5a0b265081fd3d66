"""An account at a provider, as the installation's settings name it. Pure.

Only whoever runs the installation names an address: nothing that an organization may write, and
nothing that comes in, is ever called.
"""

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """Where a provider is, who we are there, and how fast it takes what we send.

    Attributes:
        name: of the account, where the provider has one beside the secret.
        sender: what the recipient sees an SMS come from, or the service that chooses it.
        webhook_secret: by which the provider proves what it tells, if it is not `secret`.
        webhook_url: our address that it is told of.
        per_minute: messages that leave in a minute at most; 0 is no limit.
    """

    provider: str
    url: str
    name: str = ""
    secret: str = field(default="", repr=False)
    sender: str = ""
    webhook_secret: str = field(default="", repr=False)
    webhook_url: str = ""
    per_minute: int = 0
    patience_seconds: float = 30

    @staticmethod
    def basic(user: str, password: str) -> str:
        """Return the header that proves a name by its password."""
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
