"""Each group, in a real browser: its own page opens, what belongs to another is refused and not offered."""

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Response

from couponsite.roles import ensure_roles
from tests.browser.conftest import PASSWORD, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_CAMPAIGN = "/admin/coupons/campaign/add/"
TRAIN = "/admin/recommender/trainingrun/train/"
SCHEDULE = "/admin/django_celery_beat/periodictask/"
STAFF = "/admin/auth/user/"
READ = "/admin/recommender/trainingrun/"
ALL = {NEW_CAMPAIGN, TRAIN, SCHEDULE, STAFF, READ}
OWN = {
    "Analyst": {READ},
    "Operator": {READ, NEW_CAMPAIGN},
    "Approver": {READ},
    "Data scientist": {READ, TRAIN, SCHEDULE},
}


def test_each_group_opens_its_own_pages_and_is_refused_the_rest(visit: Visit) -> None:
    ensure_roles()
    for role, own in OWN.items():
        user = User.objects.create_user(f"made-up-{role}", password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        page = visit("/admin/", user)
        linked = page.locator("#nav-sidebar a, #main a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert set(linked) & ALL == own, role
        statuses = {path: _status(page.goto(path)) for path in ALL}
        assert statuses == {path: 200 if path in own else 403 for path in ALL}, role


def _status(answer: Response | None) -> int:
    assert answer is not None
    return answer.status
