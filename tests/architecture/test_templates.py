"""What the content policy and the reader ask of every template."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if path.relative_to(ROOT / "templates").parts[0] not in {"emails", "letters"}
]
FORBIDDEN = {
    "a style of its own": re.compile(r"\sstyle=|<style"),
    "a handler in an attribute": re.compile(r"\son[a-z]+="),
    "a script of its own": re.compile(r"<script(?![^>]*\ssrc=)"),
    "an address elsewhere": re.compile(r"(src|href)=.https?://"),
    "unescaped text": re.compile(r"\|safe\b|autoescape off"),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_leaves_the_content_policy_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_every_event_has_a_sentence() -> None:
    recorded = re.compile(
        r'timeline\.record\(\s*"([a-z]+)\.([a-z_]+)"|_remember\("([a-z]+)\.([a-z_]+)"'
    )
    kinds = set()
    for source in ROOT.glob("[a-z]*/**/*.py"):
        if "tests" not in source.parts:
            for app, event, other_app, other in recorded.findall(source.read_text("utf-8")):
                kinds.add((app or other_app, event or other))

    unsaid = [
        kind
        for kind in sorted(kinds)
        if not (ROOT / "templates/timeline" / kind[0] / f"{kind[1]}.html").exists()
    ]

    assert len(kinds) > 10
    assert unsaid == []
