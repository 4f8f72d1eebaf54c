"""Settings. Everything that differs between installations comes from the environment.

Without DATABASE_URL the embedded PostgreSQL of `LINEOFSIGHT_DATA` is used (see config/postgres.py).
"""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from csp.constants import NONCE, NONE, SELF

from lineofsight import __version__
from lineofsight.config import environment as env
from lineofsight.config.postgres import Server

DATA = env.data_folder()
VERSION = __version__

PRODUCTION = env.flag("LINEOFSIGHT_PRODUCTION")
DEBUG = False

PARTNERSHIP_NAME = env.text("LINEOFSIGHT_PARTNERSHIP", "Northshore Safeguarding Children Partnership")
MARKING = env.text("LINEOFSIGHT_MARKING", "OFFICIAL-SENSITIVE")
NAVIGATION = "lineofsight.desk.navigation.rooms"
SIGN_OUT_URL = "/sign-out"
#: Addresses under which programs ask, and get words as JSON.
FOR_PROGRAMS = "/api/"
ACCOUNT_URL = "/account"
DOCS_URL = "/guide"


def kept_secret(name: str) -> str:
    """From the environment, else made once and kept beside the database, readable by its owner alone."""
    given = env.text(f"LINEOFSIGHT_{name.upper()}")
    if given or PRODUCTION:
        return given
    path = DATA / f"{name}.secret"
    DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        # Written aside and linked, so that two processes starting at once agree on one secret.
        draft = DATA / f".{name}.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = kept_secret("secret_key")

#: Signs the heads of the ledger: only the sealer needs it.
LEDGER_KEY = kept_secret("ledger_key")
#: What is searched for stands in the ledger as hashes under this key.
LEDGER_TERMS_KEY = kept_secret("ledger_terms_key")
#: Where heads are copied to: should lie on another machine than the database.
LEDGER_HEADS = env.text("LINEOFSIGHT_LEDGER_HEADS") or DATA / "ledger-heads"
ALLOWED_HOSTS = env.words("LINEOFSIGHT_HOSTS", "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("LINEOFSIGHT_ORIGINS")

INSTALLED_APPS = [
    "lineofsight.config",
    "lineofsight.demo",
    "lineofsight.desk",
    "lineofsight.records",
    "lineofsight.chronology",
    "lineofsight.people",
    "lineofsight.partners",
    "lineofsight.ui",
    "lineofsight.access",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "csp",
]

MIDDLEWARE = [
    "lineofsight.partners.middleware.OurProxiesAlone",
    "lineofsight.access.occasion.OccasionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "lineofsight.partners.middleware.StandsAlone",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "lineofsight.desk.edge.NothingUnwritable",
    "lineofsight.ui.asking.NothingUnasked",
    "lineofsight.desk.edge.OurOwnFormsAlone",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "lineofsight.partners.middleware.ActorMiddleware",
    "lineofsight.desk.edge.WordsForRefusals",
    "lineofsight.partners.middleware.GuardMiddleware",
]

ROOT_URLCONF = "lineofsight.config.urls"
WSGI_APPLICATION = "lineofsight.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "lineofsight.ui.environment.environment"},
    },
]

database_url = env.text("DATABASE_URL")
#: With which database role this process works: "owner" migrates, "web" serves, "worker" does jobs, "reader" reads.
rights = env.text("LINEOFSIGHT_RIGHTS", "owner")
connection: dict[str, Any] = env.database(database_url) if database_url else Server(DATA).connection(rights)
connection.setdefault("OPTIONS", {})
connection["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 6, "timeout": 20}
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, **connection}}

guarded_roles = ("lineofsight_web", "lineofsight_worker", "lineofsight_reader")
#: The role that a request steps down to when the product is signed in to the database as owner.
#: Passwords that the roles of the built-in database get; a server of one's own keeps its own.
GUARD_LOGINS = {} if database_url else {role: Server(DATA).password_of(role) for role in guarded_roles}
GUARD_DROPS_TO = "" if rights in ("web", "worker") else "lineofsight_web"

AUTH_USER_MODEL = "partners.Worker"
AUTHENTICATION_BACKENDS = ["lineofsight.partners.backend.WorkerBackend"]
PASSWORD_HASHERS = ["lineofsight.partners.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "lineofsight.partners.passwords.LengthWithinBounds"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "lineofsight.partners.passwords.NotOurWords"},
    {"NAME": "lineofsight.partners.passwords.NotBreached"},
]  # fmt: skip
LOGIN_URL = "partners:sign_in"
LOGIN_REDIRECT_URL = "desk:home"

#: A local copy of the Pwned Passwords list, sorted by SHA-1; nothing is asked over the network.
BREACHED_PASSWORDS = env.text("LINEOFSIGHT_BREACHED_PASSWORDS")
#: The file that says which agencies sign in with an identity provider of their own.
SINGLE_SIGN_ON = env.text("LINEOFSIGHT_SINGLE_SIGN_ON")
#: Proxies whose word on the caller's address and on https is believed; nobody else's is.
PROXIES = env.networks("LINEOFSIGHT_PROXIES")
#: From where a request comes, as the ledger notes it. The ledger lies below the room that knows.
CLIENT_ADDRESS = "lineofsight.partners.sessions.address"
#: In the invented partnership alone, a page may tell the code that an app would show.
DEMO_CODE = "" if PRODUCTION else "lineofsight.demo.codes.shown"

SESSION_ENGINE = "django.contrib.sessions.backends.db"
#: The rules of partners/sessions.py end a session earlier; this is the longest that its row may lie about.
SESSION_COOKIE_AGE = 10 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
#: With the prefix a browser takes the cookie from this host alone, over https alone.
OURS = "__Host-lineofsight" if PRODUCTION else "lineofsight"
SESSION_COOKIE_NAME = f"{OURS}_{env.text('PORT', '8000')}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
DEVICE_COOKIE_NAME = f"{OURS}_device_{env.text('PORT', '8000')}"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = f"{OURS}_csrf_{env.text('PORT', '8000')}"
CSRF_FAILURE_VIEW = "lineofsight.desk.edge.stale_form"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
#: The health page is asked by machines beside this one, which speak plainly.
SECURE_REDIRECT_EXEMPT = ["^health$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        # No script may turn text into a page or into script, whatever library it stands in.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": [NONE],
    }
}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "lineofsight.ui.storage.Storage"},
}

#: Received files: content-addressed, private, never under a served folder.
FILES = DATA / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": "WARNING"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # The pool tells each try to connect while a database starts or stops; what fails in the end is told once.
    "loggers": {"psycopg.pool": {"level": "ERROR"}},
}
