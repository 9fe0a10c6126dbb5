"""Runs the gateway: `python -m services.gateway`."""

from services.chassis.server import run
from services.gateway.service import Gateway
from services.gateway.settings import GatewaySettings

if __name__ == "__main__":
    run(lambda metrics: Gateway(GatewaySettings(), metrics))
