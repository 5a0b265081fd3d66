"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from common.checks import refuse_unsafe_role  # noqa: E402  # needs the settings
from config import celery  # noqa: E402, F401  # tasks ring the broker of the settings
from dunning.channels import registry  # noqa: E402  # needs the models

refuse_unsafe_role()
registry.refuse_unsafe()
connection.close()  # workers are forked from here, and each has its own
