"""Larger files to try the readers on, kept beside the repository; absent, their tests skip."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples"
CORPORA = Path(os.environ.get("ENCOURS_SHARED") or ROOT.parent / "shared") / "corpora"

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="The corpora are not here.")
