"""The parts of webhooks in one replica, put together from the settings."""

from services.tasks.catalogue import Catalogue
from services.tasks.store import TaskStore
from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.caller import Caller
from services.tasks.webhooks.courier import Courier
from services.tasks.webhooks.metrics import WebhookMetrics
from services.tasks.webhooks.network import SystemResolver
from services.tasks.webhooks.policy import CallbackPolicy
from services.tasks.webhooks.result_types import ResultTypes
from services.tasks.webhooks.settings import WebhookSettings


class Webhooks:
    """policy: what a create may ask for. courier: what delivers."""

    def __init__(
        self, settings: WebhookSettings, store: TaskStore, catalogue: Catalogue, metrics: WebhookMetrics
    ) -> None:
        allowed, secrets = AllowList.parse(settings.webhook_allow), settings.webhook_secrets()
        self._resolver = SystemResolver()
        self._caller = Caller(
            allowed, self._resolver, settings.webhook_timeout_seconds, settings.webhook_ca_file
        )
        self.policy = CallbackPolicy(allowed, configured=bool(secrets))
        self.courier = Courier(
            store,
            self._caller,
            ResultTypes(store, catalogue),
            metrics,
            secrets=secrets,
            timeout_seconds=settings.webhook_timeout_seconds,
            retry_seconds=settings.webhook_retry_seconds,
        )

    async def close(self) -> None:
        """Cuts the calls that are on their way; their claims run out, and they are made again."""
        await self._caller.close()
        self._resolver.close()
