"""The composition root: settings to extensions to blueprints to errors. Nothing else wires anything."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from campaign.audit.head import FILE_NAME, keep_head
from campaign.config import Config
from campaign.core.db import db, engine_module, prepare_engine
from campaign.core.errors import ConfigError
from campaign.core.keyring import Keyring
from campaign.core.markdown import render_markdown
from campaign.core.secret_files import private_folder
from campaign.defence.daily_keys import DailyKeys
from campaign.defence.proof_of_work import ProofOfWork
from campaign.defence.rate_limits import RateLimits
from campaign.logs import configure_logs
from campaign.resources import STATIC, TEMPLATES
from campaign.web.addresses import LanguageConverter, LateRule, NumberConverter, PartConverter, SlugConverter
from campaign.web.api.views import blueprint as api
from campaign.web.demo.views import blueprint as demo_pages
from campaign.web.editions import EXTENSION, Editions, kept
from campaign.web.embed.views import blueprint as embed_pages
from campaign.web.errors import init_errors
from campaign.web.guards import check_envelope
from campaign.web.headers import init_headers, set_file_headers
from campaign.web.i18n import init_i18n
from campaign.web.ops.meter import init_meter
from campaign.web.ops.views import blueprint as ops_pages
from campaign.web.organize.door import init_login
from campaign.web.organize.routes import blueprint as organize_pages
from campaign.web.page_cache import PageCache
from campaign.web.public.endorsements import blueprint as public_pages
from campaign.web.ready_pages import ReadyPages
from campaign.web.services import Services
from campaign.web.words import init_words

MAX_FORM_BYTES = 64 * 1024
# A form has a dozen fields and as many communities; more is somebody trying something.
MAX_FORM_PARTS = 200
_FOREVER_SECONDS = 365 * 24 * 3600
_LOOPBACK = ["127.0.0.1", "localhost"]


def create_app(config: Config) -> Flask:
    """The whole site for these settings. Raises ConfigError if a part cannot be had."""
    app = Flask("campaign", template_folder=str(TEMPLATES), static_folder=None)
    app.url_rule_class = LateRule
    # Flask would look a dozen times in each request whether a function of ours is a coroutine; none is.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(config),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        TRUSTED_HOSTS=[urlsplit(config.base_url).hostname, *(_LOOPBACK if config.is_demo else [])],
        # Session tokens guard the desk's forms; public ones have no session (see web/guards.py).
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    _quiet_logs()
    keyring = Keyring.load(config.instance)
    editions = app.extensions[EXTENSION] = Editions(app)
    app.extensions["campaign"] = Services(
        config, keyring, RateLimits(DailyKeys(keyring.waiting)), ProofOfWork(config.secret_key)
    )
    _init_database(app, config)
    app.before_request(check_envelope)
    init_headers(app)
    init_i18n(app)
    init_words(app)
    init_errors(app)
    init_login(app)
    CSRFProtect(app)
    app.url_map.converters.update(
        language=LanguageConverter, number=NumberConverter, part=PartConverter, slug=SlugConverter
    )
    for blueprint in (public_pages, embed_pages, api, organize_pages, ops_pages):
        app.register_blueprint(blueprint)
    if config.is_demo:
        app.register_blueprint(demo_pages)
    _init_front(app, config, editions)
    return app


def _init_front(app: Flask, config: Config, editions: Editions) -> None:
    """What a request passes before it reaches Flask, from the inside out."""
    ready = ReadyPages(editions)
    app.wsgi_app = PageCache(app.wsgi_app, editions, ready)  # type: ignore[method-assign]
    _init_files(app, config)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    meter = init_meter(app, config.instance / "metrics")
    app.wsgi_app = ready.in_front_of(app.wsgi_app, meter.count_kept)  # type: ignore[assignment]


def _init_files(app: Flask, config: Config) -> None:
    """Templates, and static files under an address that changes with them."""
    # A template that names what it was not given is a mistake, not an empty place.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["markdown"] = lambda text: Markup(render_markdown(text))  # noqa: S704 - nh3 has cleaned it
    prefix = _static_prefix()
    app.jinja_env.globals.update(is_demo=config.is_demo, kept=kept, static_url=lambda path: f"/{prefix}{path}")
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix=prefix,
        max_age=_FOREVER_SECONDS,
        add_headers_function=set_file_headers,
    )


def _engine_options(config: Config) -> dict[str, object]:
    # Of the connections at rest the one used last: its cache holds the pages that writing needs.
    common: dict[str, object] = {"pool_use_lifo": True, "hide_parameters": True}
    if own := engine_module(config.database_url):
        return {**common, **own}
    reach: dict[str, object] = {
        # Of several servers the one that is the primary; never a standby, which would let people read and not sign.
        "target_session_attrs": "read-write",
        # A server that is gone without a word: seconds until a thread gives up connecting, waiting for an answer, or
        # waiting for word that what it sent has arrived (milliseconds).
        "connect_timeout": 3,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 5_000,
    }
    # As many connections as there are threads and no more, for each thread uses one; `serve --threads` goes up to 64.
    pool = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 54, "pool_timeout": 10}
    return {**common, **pool, "connect_args": reach}


def _init_database(app: Flask, config: Config) -> None:
    try:
        private_folder(config.instance)
    except OSError as error:
        raise ConfigError(f"cannot make the instance folder: {error.strerror}") from None
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
        keep_head(db.engine, config.instance / FILE_NAME)


def _static_prefix() -> str:
    """`static/<hash of all static files>/`: what is served under it never changes, so it may be kept for ever."""
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(STATIC).rglob("*") if path.is_file()):
        digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return f"static/{digest.hexdigest()[:12]}/"


def _quiet_logs() -> None:
    """Log lines that say what happened, and never to whom."""
    configure_logs()
