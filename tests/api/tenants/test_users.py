"""The accounts of the installation over the API."""

from tests.api.client import pointers
from tests.api.conftest import Clients
from tests.world import Cast


def test_accounts_are_listed_with_their_tenants(api: Clients, cast: Cast) -> None:
    found = api.super_admin.get("/api/users", params={"q": "admin@"}).json()
    assert (found["total"], found["page"], found["size"]) == (1, 1, 50)
    assert found["items"] == [
        {
            "id": cast.admin.user.id,
            "email": "admin@example.com",
            "name": "Admin",
            "isSuperAdmin": False,
            "isActive": True,
            "secondFactorAt": None,
            "mustChangePassword": False,
            "tenants": [{"id": cast.acme.id, "slug": "acme", "name": "Acme", "role": "admin"}],
        }
    ]


def test_pages_follow_each_other(api: Clients) -> None:
    pages = [
        api.super_admin.get("/api/users", params={"page": str(n), "size": "3"}).json()
        for n in (1, 2, 3)
    ]
    assert [[one["name"] for one in page["items"]] for page in pages] == [
        ["Admin", "Outsider", "Super"],
        ["Viewer"],
        [],
    ]
    assert {page["total"] for page in pages} == {4}


def test_a_wrong_query_is_refused(api: Clients) -> None:
    for name, value in (("page", "0"), ("size", "201"), ("q", "x" * 201)):
        assert pointers(api.super_admin.get("/api/users", params={name: value})) == [f"/{name}"]
