"""Which model is live: one or none, each change written down, and one change at a time."""

from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from recommender.enums import VersionStatus
from recommender.models import ModelActivation, ModelVersion
from recommender.services import LiveModelChangedError, NoPreviousModelError, activate_model, rollback_model
from recommender.services.activation import undo_stack
from tests.made_up_shop import make_version
from tests.racing import Gathering, race

CANDIDATE, LIVE, RETIRED = VersionStatus.CANDIDATE, VersionStatus.LIVE, VersionStatus.RETIRED


def statuses() -> dict[int, str]:
    return dict(ModelVersion.objects.values_list("number", "status"))


def log() -> list[tuple[int, int | None]]:
    rows = ModelActivation.objects.order_by("id").values_list("version__number", "previous__number")
    return list(rows)


@pytest.fixture
def versions(db: None) -> list[ModelVersion]:
    return [make_version(number, CANDIDATE) for number in (1, 2, 3)]


def test_the_first_activation_replaces_nothing(versions: list[ModelVersion]) -> None:
    activation = activate_model(version=versions[0], reason="the first")
    assert activation is not None
    assert (activation.version, activation.previous, activation.reason) == (versions[0], None, "the first")
    assert statuses() == {1: LIVE, 2: CANDIDATE, 3: CANDIDATE}


def test_the_one_before_is_retired(versions: list[ModelVersion]) -> None:
    activate_model(version=versions[0], reason="x")
    activate_model(version=versions[2], reason="x")
    assert statuses() == {1: RETIRED, 2: CANDIDATE, 3: LIVE}
    assert log() == [(1, None), (3, 1)]


def test_activating_the_live_one_changes_nothing(versions: list[ModelVersion]) -> None:
    activate_model(version=versions[0], reason="x")
    assert activate_model(version=versions[0], reason="again") is None
    assert log() == [(1, None)]


def test_a_comparison_with_yesterdays_model_does_not_push_out_todays(versions: list[ModelVersion]) -> None:
    activate_model(version=versions[0], reason="x")
    activate_model(version=versions[1], reason="by hand, meanwhile")
    with pytest.raises(LiveModelChangedError, match="v2 is live now, not v1"):
        activate_model(version=versions[2], reason="better", compare=True, instead_of=versions[0])
    assert statuses() == {1: RETIRED, 2: LIVE, 3: CANDIDATE}
    assert log() == [(1, None), (2, 1)]
    activate_model(version=versions[2], reason="better", compare=True, instead_of=versions[1])
    assert statuses() == {1: RETIRED, 2: RETIRED, 3: LIVE}


def test_the_database_itself_refuses_two_live_versions(versions: list[ModelVersion]) -> None:
    activate_model(version=versions[0], reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(number=2).update(status=LIVE)


def test_rolling_back_goes_to_the_one_before_and_then_further(versions: list[ModelVersion]) -> None:
    for version in versions:
        activate_model(version=version, reason="x")
    assert rollback_model(reason="worse").version == versions[1]
    assert rollback_model(reason="worse still").version == versions[0]
    assert statuses() == {1: LIVE, 2: RETIRED, 3: RETIRED}
    with pytest.raises(NoPreviousModelError):
        rollback_model(reason="and on")
    assert log() == [(1, None), (2, 1), (3, 2), (2, 3), (1, 2)]


def test_without_any_model_there_is_nothing_to_go_back_to(versions: list[ModelVersion]) -> None:
    with pytest.raises(NoPreviousModelError):
        rollback_model(reason="x")
    assert log() == []


@pytest.mark.parametrize(
    ("activations", "stack"),
    [([], []), ([1], [1]), ([1, 2, 3], [1, 2, 3]), ([1, 2, 1], [1]), ([1, 2, 3, 2, 4], [1, 2, 4]), ([1, 1], [1])],
)
def test_going_back_forgets_what_came_after(activations: list[int], stack: list[int]) -> None:
    assert undo_stack(activations) == stack


def consistent() -> bool:
    """Each change in the log starts from the version that the change before it made live."""
    rows = log()
    return all(later[1] == earlier[0] for earlier, later in pairwise(rows))


@pytest.mark.django_db(transaction=True)
def test_activations_at_the_same_time_leave_one_live_and_a_log_that_is_a_chain() -> None:
    versions = [make_version(number, CANDIDATE) for number in range(1, 9)]
    outcomes = race(*(lambda version=version: activate_model(version=version, reason="race") for version in versions))
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert list(statuses().values()).count(LIVE) == 1
    assert len(log()) == 8
    assert consistent()
    assert statuses()[log()[-1][0]] == LIVE


@pytest.mark.django_db(transaction=True)
def test_the_naive_way_breaks() -> None:
    """The twin that proves the race is real: the same steps without the lock."""
    versions, looked = [make_version(number, CANDIDATE) for number in range(1, 9)], Gathering(8)

    def naive(version: ModelVersion) -> None:
        live = ModelVersion.objects.filter(status=LIVE).first()
        looked.wait()
        with transaction.atomic():
            if live is not None:
                ModelVersion.objects.filter(pk=live.pk).update(status=RETIRED)
            ModelVersion.objects.filter(pk=version.pk).update(status=LIVE)
            ModelActivation.objects.create(version=version, previous=live, reason="race")

    outcomes = race(*(lambda version=version: naive(version) for version in versions))
    assert any(isinstance(outcome, IntegrityError) for outcome in outcomes) or not consistent()
