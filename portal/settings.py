"""Settings, all of them from the environment, with defaults for the embedded portal.

Whatever is unsafe or missing is found by a system check (`portal.checks`) with an id, not here.
"""

import secrets
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env("SLUICE_VAR", default=str(BASE_DIR / "var")))
PARTS_DIR = Path(env("SLUICE_PARTS", default=str(BASE_DIR / "var" / "parts")))
RUN_DIR = VAR_DIR / "run"


def embedded_secret(path: Path) -> str:
    """The portal's own secret, made at first use and readable by its user alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


DEBUG = env.bool("SLUICE_DEBUG", default=False)
SECRET_KEY = env("SLUICE_SECRET_KEY", default="") or embedded_secret(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.list("SLUICE_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ADDRESS = env("SLUICE_ADDRESS", default="http://localhost:8000")
"""Where people find the portal: printed by `make up`, and told by `lab run --keep`."""
BEHIND_TLS = ADDRESS.startswith("https://")

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.classroom",
    "portal.insights",
    "portal.results",
    "portal.wire",
    "portal.activities",
    "portal.catalog",
    "portal.live",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "portal.security.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
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
    }
]

# Web, worker and relay write at the same time: WAL, and transactions that take their lock at once.
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'sluice.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "classroom.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "catalog:index"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Signing in at an identity provider, by OpenID Connect: off without an issuer.
OIDC_ISSUER = env("SLUICE_OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env("SLUICE_OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env("SLUICE_OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env("SLUICE_OIDC_NAME", default="your university")
"""As in “Sign in with …”."""
OIDC_SCOPES = env("SLUICE_OIDC_SCOPES", default="openid profile email")
OIDC_USERNAME_CLAIM = env("SLUICE_OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_ROLE_CLAIM = env("SLUICE_OIDC_ROLE_CLAIM", default="")
"""Where the provider says what somebody is; empty: everybody new is a student."""
OIDC_ROLES = {
    "admin": env.list("SLUICE_OIDC_ADMINS", default=[]),
    "instructor": env.list("SLUICE_OIDC_INSTRUCTORS", default=[]),
}
"""The claim's values that make somebody an admin or an instructor."""

# Mail: for new passwords alone. Without a server nobody is offered one.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env("SLUICE_MAIL_FROM", default="")
EMAIL_TIMEOUT = 10

LANGUAGE_CODE = "en"
TIME_ZONE = env("SLUICE_TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_MAX_AGE = 60
SERVESTATIC_ALLOW_ALL_ORIGINS = False

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [ADDRESS] if BEHIND_TLS else []
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # Asked on the spot, past the proxy.
    SECURE_HSTS_SECONDS = env.int("SLUICE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# Redis: Celery's broker, the channel layer's wake-ups, and the streams.
REDIS_SOCKET = RUN_DIR / "redis.sock"
REDIS_URL = env("REDIS_URL", default=f"unix://{REDIS_SOCKET}")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
STREAM_MAX_ENTRIES = env.int("SLUICE_STREAM_MAX_ENTRIES", default=20_000)
STREAM_KEEP_SECONDS = env.int("SLUICE_STREAM_KEEP_HOURS", default=24) * 3600

HOST_NAME = env("SLUICE_HOST_NAME", default="local")
"""This runner's own name: its Celery queue is `host.<name>`."""
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest step (an hour) may take. Celery's docs name the one place of three that
# matters without a result backend; the others are set so that adding one doesn't undo this.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2 * 3600}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": 2 * 3600}
CELERY_VISIBILITY_TIMEOUT = 2 * 3600
CELERY_TASK_DEFAULT_QUEUE = f"host.{HOST_NAME}"

# What an operator lets labs run on. A lab can name these images and nothing else.
LABS_DIR = Path(env("SLUICE_LABS", default=str(BASE_DIR / "labs")))
IMAGES_DIR = BASE_DIR / "labs" / "week10" / "images"
KAFKA_BINDS = {
    "/opt/kafka/libs": str(PARTS_DIR / "kafka" / "libs"),
    "/opt/kafka/cds": str(PARTS_DIR / "kafka" / "cds"),
}
SLUICE_IMAGES = {
    name: {
        "docker": f"sluice/{name}:1",
        "path": [f"/opt/images/{name}/bin"],
        "binds": {f"/opt/images/{name}": str(IMAGES_DIR / name), **binds},
    }
    for name, binds in {
        "zookeeper": KAFKA_BINDS,
        "kafka": KAFKA_BINDS,
        "spark": {
            "/opt/spark-kafka": str(PARTS_DIR / "spark" / "jars"),
            "/opt/spark-cds": str(PARTS_DIR / "spark" / "cds"),
        },
        "mids": {},
    }.items()
}
KRAFT_BINDS = {
    "/opt/images/kafka-kraft": str(BASE_DIR / "labs" / "week10-kraft" / "images" / "kafka-kraft"),
    "/opt/kafka-kraft/libs": str(PARTS_DIR / "kafka-kraft" / "libs"),
}
SLUICE_IMAGES["kafka-kraft"] = {
    "docker": "sluice/kafka-kraft:1",
    "path": ["/opt/images/kafka-kraft/bin"],
    "binds": KRAFT_BINDS,
}
SLUICE_BASE_IMAGE = env("SLUICE_BASE_IMAGE", default="")
"""What the docker runtime's base image starts from; empty for what its Dockerfile says."""
SLUICE_LIMITS = {
    "memory_mb": env.int("SLUICE_MAX_MEMORY_MB", default=2048),
    "cpus": env.float("SLUICE_MAX_CPUS", default=2.0),
    "processes": env.int("SLUICE_MAX_PROCESSES", default=512),
    "disk_mb": env.int("SLUICE_MAX_DISK_MB", default=512),
}
SLUICE_MAX_SESSIONS = env.int("SLUICE_MAX_SESSIONS", default=12)
"""Clusters on this host at once; each takes about 1.2 GB with Spark warm."""
SLUICE_STALE_SECONDS = env.float("SLUICE_STALE_SECONDS", default=30.0)
"""A row that is being worked on and has given no sign of life for so long has lost its worker."""
SLUICE_DEFAULT_RUNTIME = env("SLUICE_RUNTIME", default="sandbox")
SLUICE_RUNTIMES = {
    "sandbox": {
        "BACKEND": "portal.engine.runtimes.sandbox.SandboxRuntime",
        "OPTIONS": {"folder": str(RUN_DIR / "sandboxes"), "venv": str(BASE_DIR / ".venv")},
    },
    "docker": {
        "BACKEND": "portal.engine.runtimes.docker.DockerRuntime",
        "OPTIONS": {
            # A runner in a container needs one that the engine sees under the same path.
            "folder": env("SLUICE_DOCKER_FOLDER", default=str(RUN_DIR / "containers")),
            # Empty: what DOCKER_HOST says, or the usual socket.
            "url": env("SLUICE_DOCKER", default=""),
            "subnets": env("SLUICE_DOCKER_SUBNETS", default="10.213.0.0/16"),
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("SLUICE_LOG_LEVEL", default="INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "uvicorn.access": {"level": "WARNING"}},
}
