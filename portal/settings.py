"""Settings, all of them from the environment, with defaults for the embedded portal.

Whatever is unsafe or missing is found by a system check (`portal.checks`) with an id, not here.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from portal import databases, logs, pods, storing
from portal.images.read import folders
from portal.secret import Environ, embedded_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.ENVIRON = Environ()

VAR_DIR = Path(env("SLUICE_VAR", default=str(BASE_DIR / "var")))
PARTS_DIR = Path(env("SLUICE_PARTS", default=str(BASE_DIR / "var" / "parts")))
RUN_DIR = VAR_DIR / "run"

DEBUG = env.bool("SLUICE_DEBUG", default=False)
SECRET_KEY = env("SLUICE_SECRET_KEY", default="") or embedded_secret(VAR_DIR / "secret_key")
ALLOWED_HOSTS = env.list("SLUICE_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ADDRESS = env("SLUICE_ADDRESS", default="http://localhost:8000")
"""Where people find the portal: printed by `make up`, and told by `lab run --keep`."""
BEHIND_TLS = ADDRESS.startswith("https://")

TRUSTED_PROXIES = env.list("SLUICE_TRUSTED_PROXIES", default=[])
"""Addresses or networks of proxies that say whose each request is; `*` for whoever connects."""
CONNECTIONS_AN_ADDRESS = env.int("SLUICE_CONNECTIONS_AN_ADDRESS", default=500)
"""At once, of requests; a proxy's are not counted. A whole room may come from one address."""
SOCKETS_A_PERSON = env.int("SLUICE_SOCKETS_A_PERSON", default=24)
"""At once; every open page of a session has one, and one more with a terminal."""
SOCKETS_AN_ADDRESS = env.int("SLUICE_SOCKETS_AN_ADDRESS", default=600)

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.classroom",
    "portal.insights",
    "portal.trace",
    "portal.faults",
    "portal.groups",
    "portal.streaming",
    "portal.results",
    "portal.wire",
    "portal.terminal",
    "portal.runner",
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
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.static_files.StaticFiles",
    "portal.disk.SayFull",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "portal.classroom.lasting.lasting",
    "portal.classroom.lasting.unkept",
    "portal.classroom.zones.in_own_zone",
    "portal.classroom.reads.noting",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.pages_above.say_where",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                        "portal.activities.loader.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.disk.context",
            ],
        },
    }
]

DATABASES = databases.configured(env, VAR_DIR)
STORAGES = storing.backends(env, VAR_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "classroom.User"
AUTHENTICATION_BACKENDS = ["portal.classroom.backends.LimitedBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "catalog:index"
LOGOUT_REDIRECT_URL = "login"
OF_DJANGO = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
AUTH_PASSWORD_VALIDATORS = [
    *({"NAME": f"django.contrib.auth.password_validation.{each}Validator"} for each in OF_DJANGO),
    {"NAME": "portal.classroom.words.OwnWordsValidator"},
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

# Mail: for passwords, and messages to those who asked for them. Without a server there is none.
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
COOKIE_PREFIX = "__Host-" if BEHIND_TLS else ""
"""A browser takes such a name from this very host alone, and only over TLS."""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = env.int("SLUICE_IDLE_HOURS", default=24) * 3600
"""A browser that nobody has used for so long has to log in again."""
LOGIN_SECONDS = env.int("SLUICE_LOGIN_DAYS", default=14) * 24 * 3600
"""And every browser so long after its login."""
CSRF_COOKIE_HTTPONLY = SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CSRF_TRUSTED_ORIGINS = [ADDRESS] if BEHIND_TLS else []
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readyz|metrics)$"]  # Asked past the proxy.
    SECURE_HSTS_SECONDS = env.int("SLUICE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

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
STREAM_GRACE_SECONDS = env.int("SLUICE_STREAM_GRACE_MINUTES", default=60) * 60
"""How long logs and topics of a session that has ended can still be read."""
STREAM_SHARE_BYTES = env.int("SLUICE_STREAM_SHARE_MB", default=24) << 20
"""What all streams of one session hold together."""
STREAM_TOTAL_BYTES = env.int("SLUICE_STREAM_TOTAL_MB", default=256) << 20
"""What all streams hold: half of Redis's memory, since it needs more than it holds."""

METRICS_TOKEN = env("SLUICE_METRICS_TOKEN", default="")
"""Whoever sends it as a bearer may read /metrics; admins and this machine may anyhow."""

HOST_NAME = env("SLUICE_HOST_NAME", default="local")
"""This runner's own name: its Celery queue is `host.<name>`."""
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest step (an hour) may take. Celery's docs name the one place of three that
# matters without a result backend; the others are set so that adding one doesn't undo this.
CELERY_VISIBILITY_TIMEOUT = 2 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS
CELERY_TASK_DEFAULT_QUEUE = f"host.{HOST_NAME}"

# What an operator lets labs run on. A lab can name these images and nothing else.
LABS_DIR = Path(env("SLUICE_LABS", default=str(BASE_DIR / "labs")))
SLUICE_IMAGES_DIRS = folders()
"""Folders of images: those that come with the portal, and the operator's own."""
SLUICE_LIMITS = {
    "memory_mb": env.int("SLUICE_MAX_MEMORY_MB", default=2048),
    "cpus": env.float("SLUICE_MAX_CPUS", default=2.0),
    "processes": env.int("SLUICE_MAX_PROCESSES", default=512),
    "disk_mb": env.int("SLUICE_MAX_DISK_MB", default=512),
}
SLUICE_MAX_SESSIONS = env.int("SLUICE_MAX_SESSIONS", default=60)
"""Clusters on this host at once, as far as its memory goes."""
SLUICE_SESSION_MB = env.int("SLUICE_SESSION_MB", default=450)
"""A launch waits until so much of the host's memory is free: what a cluster takes, Spark warm."""
SLUICE_BUSY_PERCENT = env.int("SLUICE_BUSY_PERCENT", default=90)
"""It waits, too, where something waits for a processor so much of the time; over 100: never."""
SLUICE_MERGE_MEMORY = env.bool("SLUICE_MERGE_MEMORY", default=False)
"""Whether the kernel may keep pages once that are alike in several clusters, where it does that."""
SLUICE_WARM_UP = env.bool("SLUICE_WARM_UP", default=True)
"""Whether pyspark starts with a cluster: the first lines are quicker, for most of its memory."""
SLUICE_POOL = env.dict("SLUICE_POOL", cast={"value": int}, default={})
"""By a lab's name: so many clusters of its newest version are up before anybody asks for them."""
SLUICE_POOL_WARM = env.dict("SLUICE_POOL_WARM", cast={"value": int}, default={})
"""By a lab's name: in so many of these pyspark has started; in all if nothing is said."""
SLUICE_POOL_RESERVE_MB = env.int("SLUICE_POOL_RESERVE_MB", default=2048)
"""The pool leaves so much memory of the host free."""
SLUICE_SLEEP_MINUTES = env.float("SLUICE_SLEEP_MINUTES", default=5.0)
"""A cluster that nobody has open for so long, and that does nothing, stands still; 0: none does."""
SLUICE_STEPS_EACH = env.int("SLUICE_STEPS_EACH", default=4)
"""Of the worker's 24 threads, as many may work for one person at once."""
SLUICE_RESULT_MB = env.int("SLUICE_RESULT_MB", default=1024)
"""Of a person's extracted rows, as much is kept; the oldest make room."""
SLUICE_COPIES_MB = env.int("SLUICE_COPIES_MB", default=4096)
"""Where rows are kept in a bucket: of these, as much is on this host's disk, too."""
KEEP_GRADES = env.bool("SLUICE_KEEP_GRADES", default=False)
"""Whether the institution keeps the grades of who has had their data erased."""
KEEP_DAYS = env.int("SLUICE_KEEP_DAYS", default=0)
"""What sessions of people in no class recorded goes so many days after they ended; 0 for never."""
SLUICE_STALE_SECONDS = env.float("SLUICE_STALE_SECONDS", default=30.0)
"""A row that is being worked on and has given no sign of life for so long has lost its worker."""
SLUICE_KINDS = env.list("SLUICE_KINDS", default=[])
"""Kinds of steps beside the portal's own, each by the dotted path of its class."""
SLUICE_DEFAULT_RUNTIME = env("SLUICE_RUNTIME", default="sandbox")
SLUICE_RUNTIMES = pods.runtimes(env, RUN_DIR, HOST_NAME) | {
    "sandbox": {
        "BACKEND": "portal.engine.runtimes.sandbox.SandboxRuntime",
        "OPTIONS": {
            "folder": str(RUN_DIR / "sandboxes"),
            "venv": str(BASE_DIR / ".venv"),
            "merges": SLUICE_MERGE_MEMORY,
        },
    },
    "docker": {
        "BACKEND": "portal.engine.runtimes.docker.DockerRuntime",
        "OPTIONS": {
            # A runner in a container needs one that the engine sees under the same path.
            "folder": env("SLUICE_DOCKER_FOLDER", default=str(RUN_DIR / "containers")),
            # Empty: what DOCKER_HOST says, or the usual socket.
            "url": env("SLUICE_DOCKER", default=""),
            "subnets": env("SLUICE_DOCKER_SUBNETS", default="10.213.0.0/16"),
            # gVisor's runsc if it is set up for us (auto), a program, or the engine's own choice.
            "runs_by": env("SLUICE_DOCKER_RUNTIME", default="auto"),
            # What the base image starts from; empty for what its Dockerfile says.
            "base": env("SLUICE_BASE_IMAGE", default=""),
            "merges": SLUICE_MERGE_MEMORY,
        },
    },
}

LOGGING = logs.configuration(
    level=env("SLUICE_LOG_LEVEL", default="INFO"),
    as_json=env.bool("SLUICE_LOG_JSON", default=False),
)
