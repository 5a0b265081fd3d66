"""Settings, read from the environment. `.env.example` lists the variables."""

import os
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment
from organizations import plans

django_stubs_ext.monkeypatch()  # so that `ModelForm[Organization]` and its like also run

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR", BASE_DIR / "var"))

# --- Safety

DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.required("SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS", "")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Plain HTTP is for this machine only: elsewhere cookies travel over TLS.
SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only these may say in X-Forwarded-For who asks.
TRUSTED_PROXIES = [ip_network(text) for text in environment.words("TRUSTED_PROXIES", "")]

# --- Application

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "anymail",
    "pgtrigger",
    "common",
    "organizations",
    "invoices",
    "dunning",
    "payments",
    "reconciliation",
    "integrations",
    "reports",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.headers.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.characters.ReadableText",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "organizations.presence.LastSeenMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
            "context_processors": [
                "django.template.context_processors.i18n",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.navigation.counts",
            ],
            "builtins": ["common.templatetags.display", "template_partials.templatetags.partials"],
        },
    }
]

# --- Data

# Web, workers and tests are the app role; the owner only migrates (see docs/architecture.md).
DATABASES = {
    "default": environment.database(environment.required("DATABASE_URL"))
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True},
}
if os.environ.get("OWNER_DATABASE_URL"):
    DATABASES["owner"] = environment.database(os.environ["OWNER_DATABASE_URL"])
APP_ROLE = DATABASES["default"]["USER"]
REDIS_URL = environment.required("REDIS_URL")
# Only what may be forgotten: how often somebody tried to sign in.
CACHES = {
    "default": {
        "BACKEND": "common.caching.PatientRedisCache",
        "LOCATION": environment.cache(REDIS_URL),
        "KEY_PREFIX": "encours",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# --- People

AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "organizations.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
# Plain HTTP is this machine, and the demo whose password is printed.
SECOND_FACTOR_REQUIRED = environment.flag("SECOND_FACTOR_REQUIRED", default=SECURE)
MFA_ADAPTER = "organizations.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody unverified comes in, see above
MFA_TOTP_ISSUER = "Encours"
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Language and time

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# --- Plans: how many invoices each follows a month, for example PLAN_LIMITS=free=10,team=200

PLAN_LIMITS = plans.table(environment.words("PLAN_LIMITS", ""))

# --- Files

# Where the ends of the histories are written down, outside the database; best on another disk.
ANCHORS_DIR = Path(os.environ.get("ANCHORS_DIR") or DATA_DIR / "anchors")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# A production image collects its files and names where; otherwise they are served where they lie.
STATIC_ROOT = os.environ.get("STATIC_ROOT")
COLLECTED = bool(STATIC_ROOT) and Path(STATIC_ROOT or "", "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Mail

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Encours <relances@encours.example>")
ANYMAIL = {}
MAIL_PROVIDER = os.environ.get("ANYMAIL_BACKEND", "")
if os.environ.get("ANYMAIL_BACKEND"):
    # For example ANYMAIL_BACKEND=postmark with ANYMAIL_SETTINGS=POSTMARK_SERVER_TOKEN=...
    EMAIL_BACKEND = f"anymail.backends.{os.environ['ANYMAIL_BACKEND']}.EmailBackend"
    ANYMAIL = dict(pair.split("=", 1) for pair in environment.words("ANYMAIL_SETTINGS", ""))
elif os.environ.get("EMAIL_URL"):
    globals().update(environment.email(os.environ["EMAIL_URL"]))
else:
    EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
MAIL_STAYS_HERE = EMAIL_BACKEND in {
    "dunning.channels.mailbox.LocalMailbox",
    "django.core.mail.backends.locmem.EmailBackend",
}

# What an organization publishes, so that mail leaves in its own domain's name.
HOUSE_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].partition("@")[2].lower()
MAIL_SPF_INCLUDE = os.environ.get("MAIL_SPF_INCLUDE") or f"spf.{HOUSE_DOMAIN}"
MAIL_DKIM_SELECTOR = os.environ.get("MAIL_DKIM_SELECTOR") or "encours"
MAIL_DKIM_TARGET = (
    os.environ.get("MAIL_DKIM_TARGET") or f"{MAIL_DKIM_SELECTOR}._domainkey.{HOUSE_DOMAIN}"
)
MAIL_DKIM_KEY = os.environ.get("MAIL_DKIM_KEY", "")
# Where bounces go; SMTP sends them to the address in From, which needs nothing here.
MAIL_RETURN_PATH = os.environ.get("MAIL_RETURN_PATH", "").lower()
# Who is asked what a domain publishes: nobody where no mail leaves.
MAIL_RESOLVER = (
    "dunning.channels.resolver.Nobody"
    if MAIL_STAYS_HERE
    else "dunning.channels.resolver.NameServers"
)
# The domain whose mail the provider hands to /webhooks/mail/inbound/: debtors answer there.
INBOUND_DOMAIN = environment.inbound_domain(MAIL_PROVIDER)
INBOUND_MOST_BYTES = 30 * 1024 * 1024
# --- Other channels: whoever runs the installation names the providers, nobody else

SMS_ACCOUNT = environment.account(
    "SMS", url="https://api.twilio.com", webhook_url=f"{BASE_URL}/webhooks/sms/"
)
REGISTERED_LETTER_ACCOUNT = environment.account(
    "REGISTERED_LETTER",
    url="https://api.mysendingbox.fr",
    webhook_url=f"{BASE_URL}/webhooks/letters/",
)

# --- Who comes in

# Where mail leaves, an address is confirmed before it opens anything, so that signing up answers
# alike for one that has an account; who was made by a command has none to confirm.
ACCOUNT_EMAIL_VERIFICATION = "optional" if MAIL_STAYS_HERE else "mandatory"

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["organizations.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["organizations.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.api.problem",
    "UNAUTHENTICATED_USER": None,
}
API_RATE_LIMITS = True
API_CALLS_A_MINUTE = 600  # of one key
API_WRONG_KEYS_A_MINUTE = 20  # from one address
SPECTACULAR_SETTINGS = {
    "TITLE": "Encours",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "dunning.models.Channel",
        "StepKindEnum": "dunning.models.StepKind",
        "HoldKindEnum": "dunning.models.Hold.Kind",
        "InvoiceKindEnum": "invoices.models.Invoice.Kind",
        "BlockerKindEnum": "dunning.debtor.BLOCKERS",
    },
}

# --- Logs: ids, never people

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Eight lines per letter otherwise.
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}

SHORTEST_SECRET = 32
if len(SECRET_KEY) < SHORTEST_SECRET and SECURE:
    raise ImproperlyConfigured(f"SECRET_KEY needs at least {SHORTEST_SECRET} characters.")
