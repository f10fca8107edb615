"""Settings: the only reader of the environment, and every departure from Scrapy's defaults with its reason.

The process environment beats ``.env``, which is parsed and never sourced. What its user may set is listed in the
README; :mod:`datasync_crawler.domain.choices` checks it before anything starts.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

_FILE = Path(".env")
_WRITTEN = {} if os.environ.get("DATASYNC_NO_DOTENV") else dotenv_values(_FILE)
_ENVIRONMENT = {**_WRITTEN, **os.environ}


def _chosen(name: str, default: str = "") -> str:
    return (_ENVIRONMENT.get(name) or "").strip() or default


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that is run as a child: ours, with changes."""
    return {**os.environ, **changes}


# What the user chooses.
TARGET_API_KEY = _chosen("TARGET_API_KEY")
API_BASE_URL = _chosen("API_BASE_URL", "http://datasync-dev-alb-101078500.us-east-1.elb.amazonaws.com/api/v1")
DASHBOARD_URL = _chosen("DASHBOARD_URL")
DATABASE_URL = _chosen("DATABASE_URL")
STATE_DIR = _chosen("STATE_DIR", ".datasync")
AUTO_SUBMIT = _chosen("AUTO_SUBMIT", "false")
GITHUB_REPO = _chosen("GITHUB_REPO")
ID_ONLY = _chosen("ID_ONLY", "true")
MAX_IN_FLIGHT = _chosen("MAX_IN_FLIGHT", "32")
MAX_IN_FLIGHT_BYTES = _chosen("MAX_IN_FLIGHT_BYTES", str(64 << 20))
BATCH_SIZE = _chosen("BATCH_SIZE")
WORKER_CONCURRENCY = _chosen("WORKER_CONCURRENCY")
RATE_LIMIT_BUFFER = _chosen("RATE_LIMIT_BUFFER", "0")
RELEARN_LIMITS = _chosen("RELEARN_LIMITS", "false")
CURSOR_REFRESH_THRESHOLD = _chosen("CURSOR_REFRESH_THRESHOLD", "20")
KEY_LIFE_MINUTES = _chosen("KEY_LIFE_MINUTES", "180")
GIVE_UP_AFTER = _chosen("GIVE_UP_AFTER", "30")
ACCEPT_REJECTED = _chosen("ACCEPT_REJECTED", "0")
BROWSER_PATH = _chosen("BROWSER_PATH")
PROGRESS = _chosen("PROGRESS", "auto")
WEB_HOST = _chosen("WEB_HOST", "127.0.0.1")
WEB_PORT = _chosen("WEB_PORT", "8000")
WEBHOOK_URL = _chosen("WEBHOOK_URL")
PLAYWRIGHT_BROWSERS_PATH = _chosen("PLAYWRIGHT_BROWSERS_PATH")  # Playwright's own, where its downloads are

DOTENV_EXPOSED = bool(_WRITTEN.get("TARGET_API_KEY")) and bool(_FILE.stat().st_mode & stat.S_IROTH)

BOT_NAME = "datasync_crawler"
# Named one by one, so that no other command pays for the browser's library.
SPIDER_MODULES = ["datasync_crawler.spiders.discover", "datasync_crawler.spiders.events"]
COMMANDS_MODULE = "datasync_crawler.commands"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
ASYNCIO_EVENT_LOOP = "uvloop.Loop"

# The API is called with its owner's key and within its own limits; robots.txt speaks to those who have none.
ROBOTSTXT_OBEY = False
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
COOKIES_ENABLED = False

# Pace. The gate alone holds calls back (default: 16 at once, a delay with jitter, and AutoThrottle from latency).
CONCURRENT_REQUESTS = 0  # a call that waits for its answer must not hold up another lane's; default 16
CONCURRENT_REQUESTS_PER_DOMAIN = 128  # lanes bound what is in flight; default 8
CONCURRENT_ITEMS = 1  # an answer is one page, and Scrapy makes that many tasks for each answer; default 100
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0  # default 0.5, which sends half of the calls too early
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0  # default 5 s before every slot's second call
EXTENSIONS = {
    "datasync_crawler.log.LogFilters": -1000,
    "scrapy.extensions.throttle.AutoThrottle": None,
    "datasync_crawler.throttle.HeaderThrottle": 0,
    "datasync_crawler.extensions.progress.Progress": 500,
    "spidermon.contrib.scrapy.extensions.Spidermon": 900,
    "scrapy.extensions.logstats.LogStats": None,  # our own line tells more
}
DOWNLOAD_TIMEOUT = 180  # a saturated service answers late; the drain bounds what it waits for
DOWNLOAD_MAXSIZE = 128 << 20  # also of what was compressed; larger pages are asked for in parts; default 1 GiB
DOWNLOAD_WARNSIZE = 0  # big pages are what we ask for

# Calls are repeated by the drain, which knows budgets and positions, and never redirected: a key stays at its origin.
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
REFERRER_POLICY = "no-referrer"
HTTPERROR_ALLOW_ALL = True  # every status means something to the drain
URLLENGTH_LIMIT = 0  # cursors are opaque and may be long; default 2083 drops them silently
SCHEDULER = "datasync_crawler.scheduler.CallScheduler"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # the ledger knows what is done

# Nothing listens, nothing is believed unverified (defaults: on, on, off).
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True

DOWNLOADER_MIDDLEWARES = {
    "datasync_crawler.downloadermiddlewares.SoundEncodings": 590,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
}
DOWNLOAD_HANDLERS = {
    "http": "datasync_crawler.handlers.KeyedDownloadHandler",
    "https": "datasync_crawler.handlers.KeyedDownloadHandler",
    "s3": None,
    "ftp": None,
    "file": None,
}

# The events spider's: what its monitors hold its figures against.
SPIDERMON_ENABLED = True
DATASYNC_COMPLETE = 1
DATASYNC_STALL_SECONDS = 120  # without progress while no budget is waited for
DATASYNC_MOST_MISCOUNTED = 0
DATASYNC_MOST_ANNOUNCED_REFUSALS = 0
DATASYNC_MOST_HIDDEN_REFUSALS = 3  # one is enough where a refusal tells its wait
DATASYNC_MOST_ERROR_SHARE = 0.2
DATASYNC_MOST_PLAN_SHARE = 1.5  # of what the budgets let expect when it began
DATASYNC_LONGEST_STALL_SECONDS = 300
DATASYNC_LEAST_BUDGET_USE = 0.5  # of the pool that is used best, after its first window
DATASYNC_LONGEST_LAG_SECONDS = 60
DATASYNC_LEAST_KEY_SPARE_SECONDS = 0
DATASYNC_MOST_MEMORY_BYTES = 1 << 30
DATASYNC_LONGEST_DURATION_SECONDS = 30 * 60

LOG_LEVEL = "INFO"
STATS_DUMP = False  # the progress lines and the monitors tell what matters; default True
LOG_FORMATTER = "datasync_crawler.log.QuietFormatter"
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
