"""The stand-ins of the providers as one program, for `dev.py run`: nothing leaves this machine.

What they take, they tell of as the providers do, a little later: an SMS is delivered, a letter has
its number. They read their accounts from the variables of the installation that they serve.
"""

import argparse
import secrets
import sys
import time
import urllib.error
import urllib.request

from common import https
from config import environment
from dunning.channels.accounts import Account
from dunning.channels.standins import mysendingbox, twilio
from dunning.channels.standins.server import Call, StandIn, serving

LATER = 2.0  # seconds until something is told
HOST = "127.0.0.1"


def variables(*, sms: int, letters: int) -> dict[str, str]:
    """Return the variables by which an installation sends to stand-ins at two ports."""
    return {
        "SMS_PROVIDER": "twilio",
        "SMS_URL": f"http://{HOST}:{sms}",
        "SMS_ACCOUNT": "AC00000000000000000000000000000000",
        "SMS_SECRET": secrets.token_hex(16),
        "SMS_SENDER": "Encours",
        "REGISTERED_LETTER_PROVIDER": "mysendingbox",
        "REGISTERED_LETTER_URL": f"http://{HOST}:{letters}",
        "REGISTERED_LETTER_SECRET": secrets.token_hex(16),
        "REGISTERED_LETTER_WEBHOOK_SECRET": f"encours:{secrets.token_hex(16)}",
    }


def command(port: int, *, sms: int, letters: int) -> list[str]:
    """Return the program itself, for an installation whose pages are at a port."""
    return [
        sys.executable, "-m", "config.standins", "--sms", str(sms), "--letters", str(letters),
        "--base-url", f"http://{HOST}:{port}",
    ]  # fmt: skip


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="standins")
    parser.add_argument("--sms", type=int, required=True, metavar="PORT")
    parser.add_argument("--letters", type=int, required=True, metavar="PORT")
    parser.add_argument("--base-url", required=True)
    said = parser.parse_args()
    sms = environment.account("SMS", url="", webhook_url=f"{said.base_url}/webhooks/sms/")
    letters = environment.account(
        "REGISTERED_LETTER", url="", webhook_url=f"{said.base_url}/webhooks/letters/"
    )
    with (
        serving(twilio.stand_in(), port=said.sms) as phones,
        serving(mysendingbox.stand_in(), port=said.letters) as post,
    ):
        while sms is not None and letters is not None:
            time.sleep(LATER)
            _tell_of_sms(phones, sms)
            _tell_of_letters(post, letters)


def _tell_of_sms(phones: StandIn, account: Account) -> None:
    for taken in phones.untold():
        _post(twilio.callback(taken, "sent", secret=account.secret))
        _post(twilio.callback(taken, "delivered", secret=account.secret))


def _tell_of_letters(post: StandIn, account: Account) -> None:
    for taken in post.untold():
        number = f"1A {int(taken['_id'][:8], 16):011}"
        _post(mysendingbox.webhook(taken, "letter.accepted", account))
        _post(mysendingbox.webhook(taken, "letter.sent", account, number=number))


def _post(call: Call) -> None:
    https.refuse_unsafe(call.path)
    request = urllib.request.Request(call.path, call.body, dict(call.headers))  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
    except (urllib.error.URLError, OSError) as error:
        print(f"A stand-in was not heard: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
