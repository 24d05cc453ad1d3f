"""Why a candidate is not shown. Numbers are stored with every answer and slugs are for programs: neither changes."""

from enum import IntEnum


class Removal(IntEnum):
    """The rule that removed a candidate; SHOWN where none did."""

    SHOWN = 0
    NOT_ELIGIBLE = 1
    EXCLUDED = 2
    OTHER_CAMPAIGN = 3
    LOW_SCORE = 4
    DISMISSED = 5
    CATEGORY_DISMISSED = 6
    USED_LATELY = 7
    SHOWN_ENOUGH = 8
    EARNS_NOTHING = 9
    BUDGET_SPENT = 10
    CATEGORY_FULL = 11
    CAMPAIGN_FULL = 12
    FAIRNESS = 13
    RANKED_LOWER = 14
    EXPLORATION = 15
    HELD_OUT = 16

    @property
    def slug(self) -> str:
        """The stable code, for example `shown_enough`."""
        return self.name.lower()


class Stage(IntEnum):
    """The stages in their order."""

    RULES = 1
    HISTORY = 2
    VALUE = 3
    ELIGIBILITY = 4
    DIVERSITY = 5
    FAIRNESS = 6
    RANK = 7

    @property
    def slug(self) -> str:
        return self.name.lower()


STAGE_OF = {
    Removal.EXCLUDED: Stage.RULES,
    Removal.OTHER_CAMPAIGN: Stage.RULES,
    Removal.LOW_SCORE: Stage.RULES,
    Removal.DISMISSED: Stage.HISTORY,
    Removal.CATEGORY_DISMISSED: Stage.HISTORY,
    Removal.USED_LATELY: Stage.HISTORY,
    Removal.SHOWN_ENOUGH: Stage.HISTORY,
    Removal.EARNS_NOTHING: Stage.VALUE,
    Removal.BUDGET_SPENT: Stage.VALUE,
    Removal.NOT_ELIGIBLE: Stage.ELIGIBILITY,
    Removal.CATEGORY_FULL: Stage.DIVERSITY,
    Removal.CAMPAIGN_FULL: Stage.DIVERSITY,
    Removal.FAIRNESS: Stage.FAIRNESS,
    Removal.RANKED_LOWER: Stage.RANK,
    Removal.EXPLORATION: Stage.RANK,
    Removal.HELD_OUT: Stage.RANK,
}
