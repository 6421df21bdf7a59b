"""What pages say of destinations to those who may not change them."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Forbidden, NotFound
from exports_app.services.core.records import Destination, Tenant
from exports_app.services.destinations.names import USERS, NamedDestination
from exports_app.wiring import Services
from tests.world import Cast, make_schedule


def test_readers_get_the_names_alone(
    services: Services,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
    cast: Cast,
    share: Destination,
) -> None:
    names = services.destination_names
    assert names.named(cast.viewer.who, acme.id) == [
        NamedDestination(share.id, "Share", "folder", works=True)
    ]
    services.destinations.update(admin, share.id, {"is_active": False})
    assert not names.named(admin, acme.id)[0].works
    for _ in range(USERS + 2):
        make_schedule(services, admin, name="Nightly", destination_ids=(share.id,))
    assert names.users(admin, acme.id) == {share.id: ["Nightly"] * (USERS + 1)}
    with pytest.raises(Forbidden):
        names.users(cast.viewer.who, acme.id)
    for read in (names.named, names.users):
        with pytest.raises(NotFound):
            read(outsider, acme.id)
