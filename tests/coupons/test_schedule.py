"""Windows and days in a campaign's zone, on the days the clocks change too."""

from datetime import UTC, date, datetime, timedelta

import pytest

from coupons.enums import BudgetPeriod
from coupons.schedule import check_weekly_windows, end_of_day, in_weekly_window, period_start, start_of_day

EVENINGS = [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}]
NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("local", "inside"),
    [
        ("2030-03-13T17:59:59-04:00", False),  # a Wednesday, summer time
        ("2030-03-13T18:00:00-04:00", True),
        ("2030-03-13T21:59:59-04:00", True),
        ("2030-03-13T22:00:00-04:00", False),
        ("2030-03-08T18:30:00-05:00", True),  # the Friday before the clocks change
        ("2030-03-09T18:30:00-05:00", False),  # a Saturday
        ("2030-03-11T18:30:00-04:00", True),  # the Monday after: 22:30 UTC now, 23:30 UTC before
    ],
)
def test_weekday_evenings_follow_the_local_clock(local: str, inside: bool) -> None:
    assert in_weekly_window(EVENINGS, NEW_YORK, datetime.fromisoformat(local).astimezone(UTC)) is inside


def test_no_windows_is_always_and_24_00_is_midnight() -> None:
    late = datetime(2030, 3, 13, 23, 59, tzinfo=UTC)
    assert in_weekly_window([], "UTC", late)
    assert in_weekly_window([{"days": [3], "from": "20:00", "to": "24:00"}], "UTC", late)
    assert not in_weekly_window([{"days": [3], "from": "20:00", "to": "23:59"}], "UTC", late)


@pytest.mark.parametrize(
    ("windows", "error"),
    [
        ("18-22", "a list of windows is expected"),
        ([{"days": [1]}], "window 1: days, from and to are expected"),
        ([{"days": [0], "from": "18:00", "to": "22:00"}], "window 1: days are numbers from 1 (Monday) to 7"),
        ([{"days": [True], "from": "18:00", "to": "22:00"}], "window 1: days are numbers from 1 (Monday) to 7"),
        ([{"days": [1], "from": "6pm", "to": "22:00"}], "window 1: times look like 18:00"),
        ([{"days": [1], "from": "22:00", "to": "02:00"}], "window 1: it ends before it starts; split one that passes"),
    ],
)
def test_mistyped_windows_are_named(windows: object, error: str) -> None:
    assert (check_weekly_windows(windows) or "").startswith(error)


def test_right_windows_pass() -> None:
    assert check_weekly_windows(EVENINGS) is None
    assert check_weekly_windows([]) is None


@pytest.mark.parametrize(
    ("day", "zone", "end", "hours"),
    [
        (date(2030, 1, 31), "UTC", datetime(2030, 2, 1, 0, tzinfo=UTC), 24),
        (date(2030, 1, 31), NEW_YORK, datetime(2030, 2, 1, 5, tzinfo=UTC), 24),
        (date(2030, 3, 10), NEW_YORK, datetime(2030, 3, 11, 4, tzinfo=UTC), 23),
        (date(2030, 11, 3), NEW_YORK, datetime(2030, 11, 4, 5, tzinfo=UTC), 25),
        (date(2030, 3, 31), "Europe/Berlin", datetime(2030, 3, 31, 22, tzinfo=UTC), 23),
        (date(2030, 5, 1), "Asia/Shanghai", datetime(2030, 5, 1, 16, tzinfo=UTC), 24),
    ],
)
def test_tc_25_an_end_date_is_the_end_of_that_day_in_the_campaigns_zone(
    day: date, zone: str, end: datetime, hours: int
) -> None:
    assert end_of_day(day, zone) == end
    assert end_of_day(day, zone) - start_of_day(day, zone) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (BudgetPeriod.DAY, date(2030, 3, 12)),
        (BudgetPeriod.WEEK, date(2030, 3, 11)),
        (BudgetPeriod.MONTH, date(2030, 3, 1)),
        (BudgetPeriod.TOTAL, date(1970, 1, 1)),
    ],
)
def test_budget_periods_start_in_the_campaigns_zone(period: str, expected: date) -> None:
    # 02:00 UTC on Wednesday the 13th is Tuesday evening in New York
    assert period_start(period, NEW_YORK, datetime(2030, 3, 13, 2, tzinfo=UTC)) == expected
