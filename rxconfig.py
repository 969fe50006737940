"""Configuration of the user interface's framework, all of it from RCX's own settings."""

import os
import sys
from pathlib import Path

# Read by Reflex at import: node and npm of the nodejs wheel (beside this interpreter) instead of the system's or a
# download, and no question to package registries whether there is a newer Reflex.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
os.environ.setdefault("REFLEX_USE_NPM", "1")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
# The committed lock file names no registry; a build must not write one into it.
os.environ.setdefault("npm_config_omit_lockfile_registry_resolved", "true")

import reflex as rx
from reflex.constants import StateManagerMode

from rcx_app.core.settings import settings
from rcx_app.web.origin import allowed_origins

_chosen = settings()

config = rx.Config(
    app_name="rcx_app",
    frontend_port=_chosen.port,
    backend_port=_chosen.port,
    api_url=_chosen.public_url,
    deploy_url=_chosen.public_url,
    cors_allowed_origins=allowed_origins(),
    telemetry_enabled=False,
    show_built_with_reflex=False,
    trusted_proxy_hops=_chosen.trusted_proxy_hops,
    redis_token_expiration=_chosen.session_idle_s,
    plugins=[],
    disable_plugins=[rx.plugins.SitemapPlugin],
    redis_url=_chosen.redis_url or None,
    state_manager_mode=StateManagerMode.REDIS if _chosen.redis_url else StateManagerMode.MEMORY,
)
