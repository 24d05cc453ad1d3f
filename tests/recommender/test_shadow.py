"""A shadow beside the live model: one at a time, shown to nobody, counted by whose slate a use was in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.models import Coupon, Redemption, Shopper
from recommender import services
from recommender.enums import VersionStatus
from recommender.models import ModelVersion, Recommendation, ShadowCheck
from recommender.selectors import recommend_for, shadow_report
from recommender.services.upkeep import prune_recommendations
from tests.made_up_rows import make_row, make_superuser
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> dict[str, Any]:
    """Two made-up shoppers; the live model and a candidate disagree on one place of two."""
    now = timezone.now()
    channel = make_channel()
    coupons = make_coupons(make_campaign(channel, "A", now=now), 3)
    shoppers = [make_shopper(channel, name) for name in ("s1", "s2")]
    live, candidate = make_version(1), make_version(2, VersionStatus.CANDIDATE)
    for shopper in shoppers:
        recommend(live, shopper, coupons[0], coupons[1])
        recommend(candidate, shopper, coupons[0], coupons[2])
    Recommendation.objects.update(created_at=now - timedelta(hours=2))
    return {"now": now, "coupons": coupons, "shoppers": shoppers, "live": live, "candidate": candidate}


def _use(coupon: Coupon, shopper: Shopper, when: Any, **fields: Any) -> None:
    make_row(Redemption, channel=shopper.channel, coupon=coupon, shopper=shopper, redeemed_at=when, **fields)


def test_uses_are_counted_by_whose_slate_they_were_in(shop: dict[str, Any]) -> None:
    now, coupons, shopper = shop["now"], shop["coupons"], shop["shoppers"][0]
    services.start_shadow(version=shop["candidate"], now=now - timedelta(hours=1))
    for coupon, hours in ((coupons[0], 0.9), (coupons[2], 0.5), (coupons[1], 3)):  # the last one before it began
        _use(coupon, shopper, now - timedelta(hours=hours))
    _use(coupons[1], shop["shoppers"][1], now - timedelta(minutes=5), status="rolled_back")  # taken back: no use
    check = services.check_shadow(now=now)
    assert check is not None
    assert (check.uses, check.live_hits, check.shadow_hits) == (2, 1, 2)
    again = services.check_shadow(now=now + timedelta(minutes=1))
    assert again is not None
    assert (again.uses, again.live_hits, again.shadow_hits) == (0, 0, 0)  # nothing twice


def test_the_report_tells_agreement_and_hits(shop: dict[str, Any]) -> None:
    services.start_shadow(version=shop["candidate"], now=shop["now"] - timedelta(hours=1))
    _use(shop["coupons"][2], shop["shoppers"][0], shop["now"] - timedelta(minutes=5))
    services.check_shadow(now=shop["now"])
    report = shadow_report(version=shop["candidate"], live=shop["live"])
    assert (report.shoppers, report.overlap, report.same_first) == (2, 0.5, 1.0)
    assert (report.uses, report.live_rate, report.shadow_rate) == (1, 0.0, 1.0)


def test_a_use_before_slates_were_computed_counts_for_nobody(shop: dict[str, Any]) -> None:
    services.start_shadow(version=shop["candidate"], now=shop["now"] - timedelta(hours=3))
    _use(shop["coupons"][0], shop["shoppers"][0], shop["now"] - timedelta(hours=2.5))
    check = services.check_shadow(now=shop["now"])
    assert check is not None
    assert check.uses == 0


def test_one_shadow_at_a_time_and_never_the_live_model(shop: dict[str, Any]) -> None:
    other = make_version(3, VersionStatus.CANDIDATE)
    services.start_shadow(version=shop["candidate"], now=shop["now"])
    services.start_shadow(version=other, now=shop["now"])
    assert dict(ModelVersion.objects.values_list("number", "status")) == {1: "live", 2: "candidate", 3: "shadow"}
    with pytest.raises(services.NotACandidateError):
        services.start_shadow(version=shop["live"], now=shop["now"])
    assert ModelVersion.objects.get(status=VersionStatus.SHADOW) == other


def test_without_a_live_model_there_is_nothing_to_be_beside(shop: dict[str, Any]) -> None:
    ModelVersion.objects.filter(pk=shop["live"].pk).update(status=VersionStatus.RETIRED)
    assert services.start_shadow(version=shop["candidate"], now=shop["now"]) is None
    assert not ModelVersion.objects.filter(status=VersionStatus.SHADOW).exists()
    assert not ShadowCheck.objects.exists()


def test_shoppers_are_served_the_live_slate_and_the_shadows_is_kept(shop: dict[str, Any]) -> None:
    services.start_shadow(version=shop["candidate"], now=shop["now"])
    for number in (5, 6):
        make_version(number, VersionStatus.RETIRED)
    prune_recommendations()
    assert Recommendation.objects.filter(model_version=shop["candidate"]).count() == 4
    shopper = shop["shoppers"][0]
    slate = recommend_for(channel=shopper.channel, shopper_external_id="s1", now=shop["now"], limit=2)
    assert [item.coupon.pk for item in slate.items] == [coupon.pk for coupon in shop["coupons"][:2]]


def test_staff_start_and_stop_it_and_outsiders_do_not(shop: dict[str, Any], client: Client) -> None:
    url = reverse("admin:recommender_modelversion_shadow", args=[shop["candidate"].pk])
    outsider = User.objects.create(username="made-up-outsider", password="!", is_staff=True)
    outsider.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client.force_login(outsider)
    assert client.post(url).status_code == 403
    assert not ShadowCheck.objects.exists()
    client.force_login(make_superuser())
    assert client.get(url).status_code == 200
    client.post(url)
    assert ModelVersion.objects.get(status=VersionStatus.SHADOW) == shop["candidate"]
    page = client.get(reverse("admin:recommender_modelversion_change", args=[shop["candidate"].pk])).content.decode()
    assert "As a shadow beside v1" in page
    client.post(url)
    assert not ModelVersion.objects.filter(status=VersionStatus.SHADOW).exists()
