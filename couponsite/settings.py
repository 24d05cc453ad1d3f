"""Settings of the coupon platform: one file, every knob an environment variable with a working default."""

from pathlib import Path

from couponsite import env
from couponsite.embedded import paths
from couponsite.unfold import UNFOLD  # noqa: F401  (a setting)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = paths.var_dir()

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", "") or paths.secret_key(VAR_DIR)
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS", "")

# HTTPS=1 where the site is reached over TLS: cookies travel encrypted only, plain requests are sent on
HTTPS = env.flag("HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 3600 if HTTPS else 0, minimum=0)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
if env.flag("BEHIND_PROXY", default=False):  # only where a proxy sets these headers itself: a client could forge them
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    USE_X_FORWARDED_HOST = True

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_celery_beat",
    "import_export",
    "coupons",
    "recommender",
    "couponsite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "couponsite.middleware.ApiShortcut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "couponsite.urls"
WSGI_APPLICATION = "couponsite.wsgi.application"
ASGI_APPLICATION = "couponsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Postgres: DATABASE_URL, or the embedded server under var/ (started by a command, never by importing this file)
DATABASES = {
    "default": {
        "ENGINE": "couponsite.postgres",
        "CONN_MAX_AGE": env.integer("CONN_MAX_AGE", 600, minimum=0),
        "CONN_HEALTH_CHECKS": True,
        **(env.postgres_url("DATABASE_URL") or paths.postgres_connection(VAR_DIR)),
        "TEST": {"NAME": env.text("TEST_DATABASE_NAME", "test_coupons")},
    },
}
# 0 where a pooler hands connections out per transaction: see coupons/statements.py
PREPARED_STATEMENTS = env.flag("PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: REDIS_URL, or the embedded server's socket under var/
REDIS_URL = env.text("REDIS_URL", paths.redis_url(VAR_DIR))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    },
}

# Celery: a task is acknowledged after its work, so that a killed worker's task runs again; tasks are safe to run twice
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", paths.broker_url(REDIS_URL))
CELERY_RESULT_BACKEND = env.text("CELERY_RESULT_BACKEND", CELERY_BROKER_URL)
CELERY_RESULT_EXPIRES = 24 * 3600
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = env.integer("TASK_TIME_LIMIT", 3600, minimum=60)
# A task that is not acknowledged within this time is handed out again, so it has to outlast the longest task
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.integer("TASK_VISIBILITY_TIMEOUT", 2 * CELERY_TASK_TIME_LIMIT, minimum=60),
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"recommender.tasks.retrain": {"queue": "train"}}
CELERY_TASK_TRACK_STARTED = True
CELERY_TIMEZONE = env.text("TIME_ZONE", "UTC")
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"  # its rows: couponsite/schedule.py
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below counts in workers too

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Mail (reports of trainings): SMTP where EMAIL_HOST names a server, else none is sent and the pages say so
EMAIL_HOST = env.text("EMAIL_HOST", "")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 30
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'dummy'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "coupons@localhost")

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# What a spreadsheet would run as a formula is written as text
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["couponsite.formats"]
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.text("STATICFILES_BACKEND", "whitenoise.storage.CompressedManifestStaticFilesStorage"),
    },
}

# Where the recommender keeps what is not in Postgres: event snapshots and trained artefacts
LAKE_DIR = Path(env.text("LAKE_DIR", str(VAR_DIR / "lake")))
MODEL_DIR = Path(env.text("MODEL_DIR", str(VAR_DIR / "models")))

# An older live model is not served: its answers fall back and say why. 0: whatever its age
MODEL_MAX_AGE_DAYS = env.integer("MODEL_MAX_AGE_DAYS", 0, minimum=0)
# Live scores that a web process keeps, one entry for each shopper who acted lately; 0 makes them anew at every call
LIVE_SCORES_KEPT = env.integer("LIVE_SCORES_KEPT", 2_000, minimum=0)
# Answers that a web process keeps to give again while nothing that they were made of has changed; 0 keeps none
ANSWERS_KEPT = env.integer("ANSWERS_KEPT", 2_000, minimum=0)
# Impressions are gathered for so long and written together; 0 writes them with their answer
IMPRESSION_DELAY_MS = env.integer("IMPRESSION_DELAY_MS", 50, minimum=0)
# A redemption is credited to the last click on the coupon within so many days, else to the last answer that showed it
ATTRIBUTION_CLICK_DAYS = env.integer("ATTRIBUTION_CLICK_DAYS", 7, minimum=0)
ATTRIBUTION_VIEW_DAYS = env.integer("ATTRIBUTION_VIEW_DAYS", 1, minimum=0)
# The one question: put to this share of answers, and to nobody twice within the pause
SURVEY_PERCENT = float(env.integer("SURVEY_PERCENT", 2, minimum=0))
SURVEY_PAUSE_DAYS = env.integer("SURVEY_PAUSE_DAYS", 30, minimum=0)
# How each answer was decided is kept for so long, and of a running experiment for as long as it runs
DECISIONS_KEPT_DAYS = env.integer("DECISIONS_KEPT_DAYS", 90, minimum=28)
# Readings of experiments and hold-outs, one each ten minutes; verdicts and the newest of each are kept for good
READINGS_KEPT_DAYS = env.integer("READINGS_KEPT_DAYS", 90, minimum=28)

# The demo shop at /shop/: anybody may be any shopper there, so it is off unless a demo says so
DEMO_SHOP: bool = env.flag("DEMO_SHOP", default=False)

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "couponsite.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Coupon platform",
    "DESCRIPTION": "Recommendations, behaviour events and coupons.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {  # three vocabularies are called "kind"
        "EventKindEnum": "recommender.event_input.KINDS",
        "RollbackKindEnum": "coupons.enums.RollbackKind",
        "TargetKindEnum": "coupons.enums.TargetKind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # its own handler would mail or print each line twice
        "django": {"handlers": [], "level": env.text("LOG_LEVEL", "INFO"), "propagate": True},
    },
}
