#!/usr/bin/env python
"""Django's command line. `python3 dev.py manage ...` runs it with everything in place."""

import os
import sys
from importlib import import_module

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import_module("config.celery")  # tasks ring the broker of the settings
    execute_from_command_line(sys.argv)
