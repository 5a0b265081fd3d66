"""Someone at a page whose interactions are counted, as the design counts them.

A click, a key press, a file chosen or a field filled in is one; what is typed is counted apart.
"""

import re
from pathlib import Path
from time import monotonic

from playwright.sync_api import FilePayload, Page, expect

from tests.browsing import watched

SLOWEST_PAGE = 5.0  # seconds; on a machine that is busy with other tests


class Visitor:
    """Someone who clicks, presses keys and fills in, and is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.interactions, self.typed = page, 0, 0
        self.said = watched(page)
        page.on("filechooser", lambda _asked: None)  # Chromium must know before a key asks for one

    def press(self, *keys: str) -> None:
        for key in keys:
            self.interactions += 1
            self.page.keyboard.press(key)

    def press_and_leave(self, key: str) -> None:
        """Press a key that brings another address."""
        before = self.page.url
        self.press(key)
        self.page.wait_for_url(lambda address: address != before)

    def type(self, text: str) -> None:
        self.typed += len(text)
        self.page.keyboard.type(text)

    def fill(self, name: str, text: str) -> None:
        self.interactions += 1
        self.page.fill(f"[name={name}]", text)

    def click(self, text: str) -> None:
        self.interactions += 1
        begun = monotonic()
        self.page.get_by_role("button", name=re.compile(text)).first.click()
        self.page.wait_for_load_state("load")
        assert monotonic() - begun < SLOWEST_PAGE

    def open(self, text: str) -> None:
        """Open a part of the page that is folded."""
        self.interactions += 1
        self.page.get_by_text(text, exact=True).click()

    def choose(self, path: Path) -> None:
        """Choose a file: the page sends it by itself."""
        self.interactions += 1
        with self.page.expect_navigation():
            self.page.set_input_files("input[type=file]", str(path))

    def press_and_choose(self, key: str, name: str, content: bytes) -> None:
        """Press the key that asks for a file, and choose one: the page sends it by itself."""
        with self.page.expect_navigation():
            with self.page.expect_file_chooser() as asked:
                self.press(key)
            self.interactions += 1
            asked.value.set_files(FilePayload(name=name, mimeType="text/plain", buffer=content))

    def is_at(self, selector: str) -> None:
        """Wait until the focus is somewhere."""
        expect(self.page.locator(selector)).to_be_focused()
