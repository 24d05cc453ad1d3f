"""System checks of the site."""

from pytest_django import Settings

from couponsite import checks


def test_visibility_timeout_must_outlast_the_longest_task(settings: Settings) -> None:
    assert checks.check_visibility_timeout() == []
    settings.CELERY_TASK_TIME_LIMIT = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert [found.id for found in checks.check_visibility_timeout()] == ["couponsite.E001"]


def test_deploy_warns_of_everything_that_suits_one_machine_only(settings: Settings) -> None:
    settings.DATABASES["default"]["HOST"] = str(settings.VAR_DIR / "postgres")
    settings.REDIS_URL = f"unix://{settings.VAR_DIR}/redis/redis.sock"
    (settings.VAR_DIR / "secret_key").touch()
    assert [found.id for found in checks.check_own_servers()] == [
        "couponsite.W001",
        "couponsite.W002",
        "couponsite.W003",
    ]
