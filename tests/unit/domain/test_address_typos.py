"""Which domains of addresses look like typing errors."""

import re

import pytest

from exports_app.domain.address_typos import correction, is_one_slip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("mgail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.om", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmal.fr", "hotmail.fr"),
        ("hotmial.co.uk", "hotmail.co.uk"),
        ("yahooo.com", "yahoo.com"),
        ("yaho.co.jp", "yahoo.co.jp"),
        ("outlok.com", "outlook.com"),
        ("iclod.com", "icloud.com"),
        ("t-onlin.de", "t-online.de"),
        ("docmo.ne.jp", "docomo.ne.jp"),
        ("my-company.con", "my-company.com"),
        ("mail.my-company.ogr", "mail.my-company.org"),
    ],
)
def test_a_slip_is_found(typed: str, meant: str) -> None:
    assert correction(f"Ann.Lee+x@{typed}") == f"Ann.Lee+x@{meant}"


IN_USE = re.findall(
    r"\S+",
    """
gmail.com googlemail.com hotmail.com hotmail.de hotmail.be hotmail.co.uk yahoo.com yahoo.co.jp
yahoo.de yahoo.dk outlook.com outlook.de outlook.dk icloud.com me.com mac.com live.com live.de
live.dk msn.com aol.com aol.de mail.com email.com ymail.com rocketmail.com cloud.com gmx.de gmx.net
gmx.com gmx.at web.de mail.ru bk.ru inbox.ru list.ru yandex.ru ya.ru t-online.de freenet.de
orange.fr wanadoo.fr free.fr sfr.fr laposte.net libero.it virgilio.it tiscali.it naver.com
daum.net hanmail.net qq.com 163.com 126.com sina.com docomo.ne.jp ezweb.ne.jp au.com softbank.jp
proton.me protonmail.com pm.me tutanota.com fastmail.com zoho.com hey.com att.net comcast.net
cox.net verizon.net sbcglobal.net bellsouth.net btinternet.com sky.com virginmedia.com bigpond.com
rediffmail.com uol.com.br bol.com.br terra.com.br example.com corp.local intranet con localhost x.co
company.cm company.om company.co [192.0.2.1] [IPv6:2001:db8::1] bücher.example
""",
)


@pytest.mark.parametrize("domain", IN_USE)
def test_a_domain_in_use_is_right(domain: str) -> None:
    assert correction(f"ann@{domain}") is None


def test_the_local_part_stays_also_where_it_looks_like_a_domain() -> None:
    assert correction('"a@gmial.com"@gmial.com') == '"a@gmial.com"@gmail.com'
    assert correction('"a@gmial.com"@gmail.com') is None


@pytest.mark.parametrize(
    ("typed", "meant", "one"),
    [
        ("gmial", "gmail", True),
        ("gmai", "gmail", True),
        ("gmaiil", "gmail", True),
        ("gmaul", "gmail", True),
        ("gmail", "gmail", False),
        ("mail", "gmail", False),
        ("ymail", "gmail", False),
        ("agmail", "gmail", False),
        ("gmaily", "gmail", True),
        ("gmilas", "gmail", False),
        ("gamli", "gmail", False),
        ("", "gmail", False),
    ],
)
def test_one_slip(typed: str, meant: str, *, one: bool) -> None:
    assert is_one_slip(typed, meant) is one
