"""The settings of webhooks, a part of `RADMESH_TASKS_*`."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from services.chassis.settings import ServiceSettings
from services.tasks.webhooks.allowed import AllowList

_LEAST_CHARACTERS = 16


class WebhookSettings(ServiceSettings):
    """What an operator can set about webhooks."""

    webhook_secret: SecretStr | None = Field(
        None,
        description="Secret that signs webhooks, at least 16 characters. Without one, a task that asks for a "
        "callback is refused.",
    )
    webhook_old_secret: SecretStr | None = Field(
        None,
        description="The secret before, while receivers change over: webhooks carry a signature by each.",
    )
    webhook_secret_file: Path | None = Field(
        None,
        description="A file with the secret, instead. A second line is the secret before, and signs as well.",
    )
    webhook_allow: str = Field(
        "",
        description="What webhooks may reach inside, by commas: host names, addresses, networks such as "
        "10.20.0.0/16, each with :port or without. Public addresses need no entry.",
    )
    webhook_ca_file: Path | None = Field(
        None,
        description="Certificates (PEM) by which receivers' TLS is trusted, besides the system's own.",
    )
    webhook_timeout_seconds: float = Field(
        10.0, gt=0, le=60, description="Time that one call of a webhook may take."
    )
    webhook_retry_seconds: float = Field(
        5.0,
        gt=0,
        description="Time until a webhook that failed is called again; doubles each time, up to 30 minutes.",
    )
    webhook_give_up_seconds: float = Field(
        86_400.0, gt=0, le=86_400, description="Time after a task's end at which its webhook is given up."
    )

    @field_validator("webhook_secret", "webhook_old_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _LEAST_CHARACTERS:
            raise ValueError(f"must have at least {_LEAST_CHARACTERS} characters")
        return value

    @field_validator("webhook_secret_file")
    @classmethod
    def _holds_secrets(cls, value: Path | None) -> Path | None:
        if value is not None:
            found = _lines(value)
            if not 1 <= len(found) <= 2 or any(len(line) < _LEAST_CHARACTERS for line in found):
                raise ValueError(f"must hold one or two lines of at least {_LEAST_CHARACTERS} characters")
        return value

    @field_validator("webhook_ca_file")
    @classmethod
    def _exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("must be a file of certificates")
        return value

    @field_validator("webhook_allow")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        AllowList.parse(value)
        return value

    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that sign, the newest first; empty when webhooks are not set up."""
        if self.webhook_secret_file is not None:
            return tuple(_lines(self.webhook_secret_file))
        given = (self.webhook_secret, self.webhook_old_secret)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError("cannot be read") from error
