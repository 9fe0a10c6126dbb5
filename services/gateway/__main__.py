"""Runs the gateway: `python -m services.gateway`."""

from services.chassis.server import run
from services.gateway.allocator import keep_freed_buffers
from services.gateway.service import Gateway
from services.gateway.settings import GatewaySettings

if __name__ == "__main__":
    keep_freed_buffers()
    run(lambda metrics: Gateway(GatewaySettings(), metrics))
