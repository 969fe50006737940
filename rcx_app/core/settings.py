"""Settings, from the environment (prefix ``RCX_``) and an optional ``.env`` file. `.env.example` documents each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator of the server may set. Times in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="RCX_", env_file=".env", extra="ignore")

    var_dir: Path = Field(default=Path("var"), description="Where this machine keeps its data")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in var_dir")
    redis_url: str = Field(default="", validation_alias="REDIS_URL", description="empty: `rcx up` starts one")
    public_url: str = Field(default="http://localhost:3000", description="The address that people type")
    port: int = Field(default=3000, ge=1, le=65535)
    trusted_proxy_hops: int = Field(
        default=0, ge=0, description="Reverse proxies in front whose X-Forwarded-For is believed; 0: none"
    )
    secret_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Fernet keys, comma separated, the first encrypts; empty: var_dir/secret.key is made and used",
    )
    mail_transport: Literal["file", "smtp"] = "file"
    mail_from: str = "RCX <no-reply@rcx.example>"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    support_mail_domain: str = Field(
        default="", description="Answers to tickets go to tickets+...@ here and on to `rcx mail-in`; empty: in RCX only"
    )
    session_idle_s: int = Field(default=12 * 3600, ge=300, description="A session ends after so long without a request")
    session_max_s: int = Field(default=14 * 86400, ge=3600, description="and after so long in any case")
    upload_max_bytes: int = Field(default=100 * 1024 * 1024, ge=1024)
    attachment_max_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, description="Of one file of a ticket")
    attachments_per_ticket: int = Field(default=10, ge=1, description="How many files a ticket may have")
    allow_private_hosts: bool = Field(default=False, description="Let connectors call private addresses (sandbox)")
    sandbox_url: str = Field(
        default="", description="A sandbox that stands for all vendors; connections may be marked to talk to it"
    )
    job_heartbeat_s: float = Field(default=3, gt=0, description="A running job shows that it lives so often")
    job_dead_after_s: float = Field(default=45, gt=0, description="and is given to another worker after such a silence")
    job_resend_after_s: float = Field(default=60, gt=0, description="A job that nobody has begun is sent again")
    job_sweep_s: float = Field(default=10, gt=0, description="How often lost jobs are looked for")
    syncs_per_workspace: int = Field(default=4, ge=1, description="Syncs of one workspace that run at a time")
    syncs_per_vendor: int = Field(default=8, ge=1, description="and of one vendor, over all workspaces")
    metrics_token: SecretStr = Field(default=SecretStr(""), description="Who shows it may read /metrics; empty: nobody")
    metrics_on_loopback: bool = Field(default=False, description="Callers on this machine may read /metrics without it")
    metrics_by_workspace: bool = Field(default=False, description="Tell metrics apart by the workspaces' ids")
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    onboarding: Literal["guided", "open"] = Field(
        default="guided", description="New workspaces are led in by agents (guided), or begin with all open"
    )
    fonts_dir: Path | None = Field(
        default=None, description="TrueType fonts for what the shipped one lacks on invoices (Chinese, Japanese ...)"
    )
    require_verified_email: bool = Field(default=True, description="Refuse sign-in until the address is verified")
    staff_two_factor: Literal["https", "always", "never"] = Field(
        default="https", description="Ask two-factor of agents and platform admins; https: where public_url is that"
    )

    @field_validator("fonts_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("public_url", "sandbox_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @property
    def sqlalchemy_url(self) -> str:
        """The database address, with the driver that RCX uses."""
        url = self.database_url or f"sqlite:///{self.var_dir.resolve() / 'rcx.db'}"
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url.removeprefix(plain)
        return url

    @property
    def is_secure(self) -> bool:
        """Whether people reach RCX over TLS, so that cookies may be marked Secure."""
        return self.public_url.startswith("https://")

    @property
    def staff_needs_two_factor(self) -> bool:
        """Whether agents and platform admins may do nothing before they have set up two-factor sign-in."""
        return self.is_secure if self.staff_two_factor == "https" else self.staff_two_factor == "always"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; `settings.cache_clear()` re-reads them."""
    return Settings()
