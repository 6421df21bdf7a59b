"""Destinations."""

from dataclasses import dataclass

from exports_app.services.destinations.names import DestinationNames
from exports_app.services.destinations.secrets import DestinationSecrets
from exports_app.services.destinations.service import Destinations
from exports_app.wiring.foundation import Foundation, Secrets


@dataclass(frozen=True)
class DestinationServices:
    destinations: Destinations
    destination_names: DestinationNames
    destination_secrets: DestinationSecrets


def build(f: Foundation, secrets: Secrets) -> DestinationServices:
    kept = DestinationSecrets(secrets.encryption)
    return DestinationServices(
        destinations=Destinations(
            f.store, f.changes, f.clock, kept, f.counts, f.settings.tz, f.guard
        ),
        destination_names=DestinationNames(f.store),
        destination_secrets=kept,
    )
