"""Take the README's pictures off the running demo: `python3 dev.py pictures`, beside `run`."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Literal

from playwright.sync_api import Browser, Error, Page, sync_playwright

from demo import cast

WHERE = Path(__file__).resolve().parent.parent / "docs" / "pictures"
# Without these, Chromium looks for its maker's servers.
ALONE = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
DESKTOP, PHONE = (1280, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Picture:
    """Who looks at which page, on which screen, in which light."""

    name: str
    role: str
    path: str
    screen: tuple[int, int] = DESKTOP
    light: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("dashboard", "owner", ""),
    Picture("calls", "collector", "calls/"),
    Picture("bank", "accountant", "bank/"),
    Picture("reminders", "owner", "reminders/", light="dark"),
    Picture("phone", "owner", "", screen=PHONE, light="dark"),
)


def main(arguments: list[str]) -> int:
    """Take every picture; return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py pictures", description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="where the demo runs")
    address = parser.parse_args(arguments).address
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is needed to take pictures.", file=sys.stderr)  # noqa: T201
        return 1
    WHERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ALONE)
        try:
            for picture in PICTURES:
                _take(browser, address, picture)
        except Error as error:
            print(f"{address} does not show the demo: {error.message}", file=sys.stderr)  # noqa: T201
            return 1
    return 0


def find_chromium() -> str | None:
    """Return the path of a browser that Playwright can drive."""
    return which("chromium") or which("chromium-browser") or which("google-chrome")


def _take(browser: Browser, address: str, picture: Picture) -> None:
    width, height = picture.screen
    context = browser.new_context(
        locale="fr-FR", viewport={"width": width, "height": height}, color_scheme=picture.light
    )
    page = context.new_page()
    _sign_in(page, address, picture.role)
    page.goto(f"{address}/o/{cast.SLUG}/{picture.path}")
    page.screenshot(path=WHERE / f"{picture.name}.png")
    context.close()


def _sign_in(page: Page, address: str, role: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("[name=login]", f"{role}@demo.example")
    page.fill("[name=password]", cast.PASSWORD)
    page.click("main button[type=submit], form button[type=submit]")
    page.wait_for_url("**/o/**")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
