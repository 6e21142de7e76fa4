"""One settings module. Everything that differs between machines comes from the environment.

The defaults are those of production: debugging off, HTTPS on, no secret key. ``make install``
writes a ``.env`` with a key of its own for the demo; docs/operations.md lists every variable.
"""

import warnings
from decimal import Decimal
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(env.path("MERCATO_ENV_FILE", default=str(BASE_DIR / ".env"))())

# --- core ---------------------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
VAR_DIR = Path(env.str("MERCATO_VAR", default=str(BASE_DIR / "var")))
"""Everything the application writes: database, artefacts, mail, task queue."""
DEMO = env.bool("DEMO", default=False)
"""Shows demo logins and the outbox page. Never on in production."""

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = "Mercato"
SITE_DOMAIN = env.str("SITE_DOMAIN", default="localhost:8000")

INSTALLED_APPS = [
    "config",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.admin_apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "channels",
    "foundation",
    "shop",
    "recommend",
    "inventory",
    "risk",
    "support",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentPolicyMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.RouteRateMiddleware",
    "config.middleware.StaffMiddleware",
    "shop.middleware.VisitorMiddleware",
    "risk.middleware.FrozenMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.storefront",
            ],
        },
    },
]

# --- database -----------------------------------------------------------------------------------
DATABASES = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'mercato.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Immediate transactions take the write lock when they begin, so that two writers wait for each
    # other instead of failing with "database is locked" halfway.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=268435456;"
            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
            # Writing the log back into the file waits for the disk: once in 40 MB, not in 4.
            "PRAGMA wal_autocheckpoint=10000;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# --- cache, channels, tasks ---------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "config.caches.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
            "KEY_PREFIX": env.str("REDIS_PREFIX", default="mercato"),
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
KEEP_SECONDS = env.int("KEEP_SECONDS", default=60)
"""How long pages may show what hardly ever changes from the cache; see shop/selectors/kept.py."""
# No CHANNEL_LAYERS: sockets find what is new in the database (support/watching.py), also what other
# processes wrote. A layer on Redis would end every socket when Redis is away, or just quiet.

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL.startswith("filesystem://"):
    # One folder for both directions: the web process writes what the worker reads.
    CELERY_QUEUE_DIR = VAR_DIR / "queue"
    for _name in ("messages", "processed", "control"):
        (CELERY_QUEUE_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(CELERY_QUEUE_DIR / "messages"),
        "data_folder_out": str(CELERY_QUEUE_DIR / "messages"),
        "control_folder": str(CELERY_QUEUE_DIR / "control"),
        "polling_interval": 0.5,
    }
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="mercato")
CELERY_TRAINING_QUEUE = env.str(
    "CELERY_TRAINING_QUEUE", default=f"{CELERY_TASK_DEFAULT_QUEUE}-training"
)
"""What takes minutes waits here, so that no mail waits behind it."""
CELERY_TASK_QUEUES = [
    Queue(_name, Exchange(_name), routing_key=_name)
    for _name in (CELERY_TASK_DEFAULT_QUEUE, CELERY_TRAINING_QUEUE)
]
"""A worker takes from both unless it is told one with ``-Q``."""
CELERY_TASK_ROUTES = {
    _name: {"queue": CELERY_TRAINING_QUEUE}
    for _name in (
        "foundation.tasks.train*",
        "inventory.tasks.*forecast*",
        "inventory.tasks.train*",
        "recommend.tasks.train*",
        "risk.tasks.learn_from_outcomes",
        "risk.tasks.train*",
        "support.tasks.train*",
    )
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
"""Tasks are long: what waits behind one could be done by an idle worker."""
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BEAT_SCHEDULER = "config.schedule:Scheduler"
FIRST_RUN_SECONDS = env.int("FIRST_RUN_SECONDS", default=300)
"""So long after its start the scheduler waits with what has never run; see config/schedule.py."""
CELERY_BEAT_SCHEDULE = {
    "inventory-forecast": {
        "task": "inventory.tasks.forecast_demand",
        "schedule": 24 * 3600,
    },
    "inventory-expire-reservations": {
        "task": "inventory.tasks.expire_reservations",
        "schedule": 60,
    },
    "shop-recover-checkouts": {"task": "shop.tasks.recover_checkouts", "schedule": 300},
    "shop-export-events": {"task": "shop.tasks.export_events", "schedule": 24 * 3600},
    "inventory-expire-lots": {
        "task": "inventory.tasks.expire_lots",
        # Soon after midnight, wherever the scheduler's day begins.
        "schedule": 3600,
    },
    "inventory-reconcile": {"task": "inventory.tasks.reconcile", "schedule": 24 * 3600},
    "recommend-digest": {"task": "recommend.tasks.put_digests", "schedule": 24 * 3600},
    "recommend-train": {"task": "recommend.tasks.train", "schedule": 24 * 3600},
    "support-train": {"task": "support.tasks.train_intents", "schedule": 24 * 3600},
    "support-strategies": {"task": "support.tasks.train_strategies", "schedule": 24 * 3600},
    "support-opinions": {"task": "support.tasks.gather_opinions", "schedule": 3600},
    "risk-train": {"task": "risk.tasks.train", "schedule": 24 * 3600},
    "shop-retention": {"task": "shop.tasks.apply_retention", "schedule": 24 * 3600},
    "shop-erasures": {"task": "shop.tasks.erase_due", "schedule": 3600},
    "foundation-train-outdated": {
        "task": "foundation.tasks.train_outdated",
        "schedule": 24 * 3600,
    },
    "recommend-graph": {
        "task": "foundation.tasks.train",
        "args": ["recommend.graph"],
        "schedule": 24 * 3600,
    },
    "shop-downloads": {"task": "shop.tasks.make_downloads", "schedule": 900},
    "foundation-sweep": {"task": "foundation.tasks.sweep_runs", "schedule": 15},
    "foundation-watch": {"task": "foundation.tasks.watch", "schedule": 3600},
    "foundation-deliver": {"task": "foundation.tasks.deliver_due", "schedule": 10},
    "foundation-forget-messages": {
        "task": "foundation.tasks.forget_messages",
        "schedule": 24 * 3600,
    },
    "risk-learn": {"task": "risk.tasks.learn_from_outcomes", "schedule": 24 * 3600},
}

# --- people -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "shop.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "shop.backends.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if env.bool("HTTPS", default=True) else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "risk.adapter.AccountAdapter"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
"""A risky sign-in needs a code by mail (``risk.logins``); anybody may ask for one."""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEMO)
"""Whether staff have to set up a second factor before they can do anything as staff."""
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_SERVE_SPECIFICATION = True
HEADLESS_SPECIFICATION_TEMPLATE_NAME = None
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "shop:account"
ACCOUNT_LOGOUT_REDIRECT_URL = "shop:home"

# --- transport security -------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
"""Probes come from inside, over plain HTTP."""
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "foundation.sessions"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
"""Everything comes from this site's own files; nothing written into a page runs."""
ROUTE_RATES = {
    "POST": env.str("RATE_POST", default="240/min"),
    "shop:checkout": env.str("RATE_CHECKOUT", default="30/min"),
    "shop:cart_coupon": env.str("RATE_COUPONS", default="30/min"),
    "shop:search": env.str("RATE_SEARCH", default="240/min"),
    "shop:suggest": env.str("RATE_SUGGEST", default="600/min"),
    "support:messages": env.str("RATE_MESSAGES", default="120/min"),
    "support:show": env.str("RATE_PICTURES", default="20/min"),
    "support:leave": env.str("RATE_LEFT_MESSAGES", default="10/min"),
    "support:transcript_mail": env.str("RATE_TRANSCRIPTS", default="6/min"),
    "risk:appeal": env.str("RATE_APPEALS", default="20/min"),
    "risk:confirm": env.str("RATE_CONFIRM", default="20/min"),
}
"""Requests of one address to a page, by its route's name; ``POST`` is for every other form. Signing
in, signing up and resetting a password have allauth's own limits, the API has its throttles."""
OUTBOUND_PRIVATE_HOSTS = env.list("OUTBOUND_PRIVATE_HOSTS", default=[])
"""Hosts inside the own network that webhooks may be sent to; see foundation/outbound.py."""

# --- personal data ------------------------------------------------------------------------------
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
"""Fernet keys for personal data at rest, newest first; see foundation/encryption.py."""
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default="")
"""Secret of the hashes by which encrypted values are found; it does not rotate."""
DOWNLOAD_HOURS = env.int("DOWNLOAD_HOURS", default=72)
"""How long a copy of somebody's data can be fetched."""
DOWNLOAD_ROWS_AT_ONCE = env.int("DOWNLOAD_ROWS_AT_ONCE", default=2000)
"""A copy of more rows is made by a worker."""
ERASURE_WAIT_DAYS = env.int("ERASURE_WAIT_DAYS", default=7)
"""Days in which a customer can take back that everything be erased."""
PERSONAL_COPY = [
    "shop.privacy.sections.sections",
    "recommend.privacy.sections",
    "risk.privacy.sections",
    "support.privacy.sections",
]
"""Dotted paths of ``(person) -> iterable of shop.privacy.download.Section``: a copy of all data."""
ERASERS = [
    "support.privacy.erase",
    "risk.privacy.erase",
    "recommend.privacy.erase",
    "shop.privacy.erasers.erase_exports",
    "shop.privacy.erasers.erase_traces",
    "shop.privacy.erasers.erase_books",
]
"""Dotted paths of ``(person) -> {what: count}``, run in this order; the person goes last."""
ERASURE_WAITS_FOR = ["shop.privacy.erasure.open_business", "risk.privacy.waits_for"]
"""Dotted paths of ``(customer) -> [what is going on, in words]``; then a second person decides."""

# --- language, time, money ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="America/New_York")
"""The shops' day. Every stored time is aware and in UTC."""
CURRENCY = "USD"

# --- files, mail --------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# Files are found in the apps themselves where nobody has collected them.
warnings.filterwarnings("ignore", message="No directory at: .*", category=UserWarning)
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
ARTEFACT_DIR = VAR_DIR / "artefacts"
EMAIL_CONFIG = env.email("EMAIL_URL", default="filemail://")
vars().update(EMAIL_CONFIG)
EMAIL_DELIVERY_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_BACKEND = "foundation.outbox.EmailBackend"
"""Mails are written in the transaction that makes them true; a worker delivers them."""
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Mercato <shop@mercato.example>")

# --- the seams between the shop and its capabilities ---------------------------------------------
CHECKOUT_STEPS = [
    "inventory.checkout.ReserveStock",
    "risk.checkout.ScreenOrder",
    "shop.checkout.steps.TakePayment",
    "shop.checkout.steps.PlaceOrder",
]
"""What a checkout runs through, in order; see shop/checkout/steps.py for the protocol."""
TOUR_STORIES = {
    "traffic": "shop.services.tour.Traffic",
    "promotion": "shop.services.tour.Promotion",
    "crisis": "inventory.services.crisis.Crisis",
    "attack": "risk.attack.Attack",
}
"""What the demo's tour can set in motion; see shop/services/tour.py."""
TOUR_FIGURES = [
    "inventory.selectors.dashboard",
    "risk.selectors.dashboard",
    "support.selectors.dashboard",
]
"""Selectors of the administrator's start page whose first two figures the tour shows live."""
AVAILABILITY_PROVIDER = "inventory.selectors.availability"
"""Dotted path of ``(variant_ids) -> {variant_id: Availability}``; see shop/pricing.py."""
SEARCH_PROVIDER = "recommend.selectors.search"
"""Dotted path of the ranked product search; see shop/selectors/search.py."""
DEMO_STEPS = [
    "inventory.demo.load",
    "recommend.demo.load",
    "inventory.demo.forecast",
    "risk.demo.load",
    "support.demo.load",
]
"""What ``load_demo`` runs after the shop's own import; see shop/demo/steps.py."""
PSEUDONYM_KEYS = env.list("PSEUDONYM_KEYS", default=[])
"""Keys of the pseudonyms, newest first; see shop/privacy/pseudonyms.py."""
PERSONAL_DATA = [
    "shop.privacy.declared.DECLARED",
    "recommend.personal.DECLARED",
    "inventory.personal.DECLARED",
    "risk.personal.DECLARED",
    "support.personal.DECLARED",
]
"""What each app holds about people; see shop/privacy/register.py."""
DATA_RECIPIENTS = ["shop.privacy.recipients.of_the_shop", "risk.personal.recipients"]
"""Dotted paths of ``() -> [Recipient]``: who outside gets data, under these settings."""
MODEL_TRAINERS = {
    "recommend.search": "recommend.tasks.train_search",
    "recommend.orders": "recommend.tasks.train_orders",
    "recommend.sequence": "recommend.tasks.train_sequence",
    "recommend.ranker": "recommend.tasks.train_ranker",
    "recommend.coupons": "recommend.tasks.train_coupons",
    "recommend.layouts": "recommend.tasks.train_layouts",
    "recommend.graph": "recommend.graph.build",
    "inventory.demand": "inventory.tasks.train_demand",
    "inventory.forecast": "inventory.tasks.forecast_demand",
    "support.intents": "support.tasks.train_intents",
    "support.intents:transformer": "support.tasks.train_tuned_intents",
    "support.strategies": "support.tasks.train_strategies",
    "risk.orders": "risk.tasks.train",
    "risk.fraud": "risk.tasks.learn_from_outcomes",
    "risk.costs": "risk.costs.learn",
    "foundation.encoder": "recommend.encoder_training.train_adapter",
    "recommend.search:use": "recommend.tasks.search_with_default",
    "recommend.search:e5": "recommend.tasks.search_with_e5",
    "recommend.search:adapted": "recommend.tasks.search_with_adapted",
    "recommend.search:configured": "recommend.tasks.search_with_configured",
}
"""By model, what ``manage.py train``, the admin and an alert run: callables without arguments."""
MODEL_GATES = {"recommend.orders": -0.005, "support.intents": -0.01}
"""By capability: how much better than the active model a candidate must be, as a share."""
MODEL_CARDS = [
    "recommend.cards.CARDS",
    "inventory.cards.CARDS",
    "support.cards.CARDS",
    "risk.cards.CARDS",
]
"""Dotted paths of what model cards say in words, by capability."""
MODEL_WATCHERS = [
    "foundation.watching.freshness",
    "recommend.readings.readings",
    "inventory.readings.readings",
    "support.readings.readings",
    "risk.readings.readings",
]
"""Dotted paths of ``() -> iterable of foundation.watching.Reading``."""
MODEL_RETRAIN = env.list(
    "MODEL_RETRAIN", default=["recommend.orders", "inventory.demand", "support.intents"]
)
"""Models that a new alert about them has trained anew; the gate decides what serves."""
ADMINS = [("", address) for address in env.list("ADMIN_EMAILS", default=[])]
"""Who gets alerts about models and errors of the server."""
METRICS = [
    "config.metrics.business",
    "foundation.metrics.models",
    "foundation.metrics.outbox",
    "config.operations.gauges",
]
"""Dotted paths of ``() -> iterable of Prometheus metrics``, shown at /metrics."""
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""Bearer token that /metrics asks for; without it only this machine may read it."""
OUTBOX_KINDS = {
    "email": "foundation.outbox.written",
    "shop.order": "shop.services.mail.order_confirmation",
    "shop.status": "shop.services.mail.status_news",
    "shop.return": "shop.services.mail.return_decision",
    "risk.confirm": "risk.mail.confirmation_request",
    "risk.new_device": "risk.mail.new_device",
    "risk.alert_mail": "risk.alerts.as_mail",
    "risk.alert_webhook": "risk.alerts.as_webhook",
    "recommend.campaign": "recommend.planning.letter",
    "recommend.digest": "recommend.digest.letter",
}
"""By kind, what composes a message to the outside; see foundation/outbox.py."""
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="shop.payments.testprovider.TestProvider")
EVENTS_FLUSH_SECONDS = env.float("EVENTS_FLUSH_SECONDS", default=1.0)
EVENTS_FLUSH_ROWS = env.int("EVENTS_FLUSH_ROWS", default=500)
ENCODER_MODEL = env.str("ENCODER_MODEL", default="")
ENCODER_INT8 = env.bool("ENCODER_INT8", default=False)
"""Serve a transformer of ENCODER_MODEL with 8-bit weights."""
ENCODER_CACHE_DIR = VAR_DIR
ENCODER_CACHE_ROWS = env.int("ENCODER_CACHE_ROWS", default=50_000)
"""Vectors kept on disk, 2 kB each."""
RISK_REVIEW_SCORE = env.float("RISK_REVIEW_SCORE", default=0.999)
"""Orders stranger than this share of the training orders are held for a person."""
SUPPORT_STRATEGY = env.str("SUPPORT_STRATEGY", default="rules")
"""``rules``, ``explore`` or ``learned``; see support/strategies.py."""
SUPPORT_ANSWER_MINUTES = env.float("SUPPORT_ANSWER_MINUTES", default=5)
"""How soon a person answers who was asked for; the console counts down to it."""
RISK_BUDGET_MS = env.float("RISK_BUDGET_MS", default=200)
"""A model that takes longer is not waited for: rules decide and a person looks."""
RISK_MODEL_SHADOW = env.bool("RISK_MODEL_SHADOW", default=False)
"""Whether what the learned model asks for is only noted."""
RISK_CANDIDATE_TRIAL = env.bool("RISK_CANDIDATE_TRIAL", default=True)
"""Whether a candidate that does not serve yet is asked as well, and its answer noted."""
RISK_ALERT_EMAILS = env.list("RISK_ALERT_EMAILS", default=[])
RISK_WEBHOOK_URL = env.str("RISK_WEBHOOK_URL", default="")
RISK_WEBHOOK_SECRET = env.str("RISK_WEBHOOK_SECRET", default="")
"""Where alerts go; the secret signs what is posted."""
REFUND_FOUR_EYES_ABOVE = Decimal(env.str("REFUND_FOUR_EYES_ABOVE", default="500"))
"""Dollars of one order that one member of staff may pay back; more takes a second person."""
RISK_FOUR_EYES_ABOVE = Decimal(env.str("RISK_FOUR_EYES_ABOVE", default="500"))
"""Dollars; confirming fraud pays back more than this only when two people say so."""
RISK_LOCATOR = env.str("RISK_LOCATOR", default="risk.places.from_headers" if BEHIND_PROXY else "")
"""Callable that says where a request comes from; empty: nothing does."""
RISK_COSTS = env.json("RISK_COSTS", default={})
"""Dollars and shares that differ from risk.learning.decision.Costs."""

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "shop.api.authentication.SessionTokenAuthentication",
        "shop.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["shop.api.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "shop.api.pagination.Pages",
    "PAGE_SIZE": 24,
    "DEFAULT_SCHEMA_CLASS": "shop.api.schema.ShopSchema",
    "EXCEPTION_HANDLER": "shop.api.errors.handle",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("API_RATE_ANON", default="600/min"),
        "user": env.str("API_RATE_USER", default="1200/min"),
        "checkout": env.str("API_RATE_CHECKOUT", default="30/min"),
        "coupons": env.str("API_RATE_COUPONS", default="30/min"),
        "outcomes": env.str("API_RATE_OUTCOMES", default="120/min"),
        "messages": env.str("API_RATE_MESSAGES", default="60/min"),
    },
    # Whom a rate counts for: the caller's address, which only our own proxy may name for others.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mercato API",
    "DESCRIPTION": (
        "Everything the pages do, as JSON. Money is a string with two decimals in dollars, times "
        "are ISO 8601 with their zone, errors have one shape. Sign in at `/api/auth/app/v1/` "
        "(described at `/api/auth/openapi.yaml`) and send the session token as `X-Session-Token`, "
        "or use the browser's session with its CSRF token. Guests keep their cookies."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
    "ENUM_NAME_OVERRIDES": {
        "DeliveryEnum": "shop.api.checkout.CODES",
        "ReturnStateEnum": "shop.models.ReturnRequest.State",
        "ReviewStateEnum": "shop.models.Review.State",
        "RefundApprovalStateEnum": "shop.models.RefundApproval.State",
        "PaymentStateEnum": "shop.models.Payment.State",
        "CaseStateEnum": "risk.models.Case.State",
        "ConversationStateEnum": "support.models.Conversation.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- admin --------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Mercato administration"),
    "SITE_HEADER": "Mercato 慧店",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "config.dashboard.context",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/icon/1F6CD.svg"}],
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [
        lambda request: static("js/admin-policy.js"),
        lambda request: static("js/admin-names.js"),
    ],
    "SIDEBAR": {"show_search": True, "command_search": True},
}

# --- logs ---------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "config.log.Ids"}},
    "formatters": {
        "line": {
            "()": "config.log.Line",
            "format": "{asctime} {levelname} {name} [{request_id} {task_id}]: {message}",
            "style": "{",
        },
        "json": {
            "()": "config.log.Json",
            "format": "{asctime}{levelname}{name}{request_id}{task_id}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.str("LOG_FORMAT", default="line"),
            "filters": ["ids"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
"""The worker and the scheduler log as the web process does."""
OTLP_ENDPOINT = env.str("OTLP_ENDPOINT", default="")
"""Where OpenTelemetry's spans are posted; empty: no traces, see config/tracing.py."""
TRACES_SHARE = env.float("TRACES_SHARE", default=0.1)
