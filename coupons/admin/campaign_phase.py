"""The phase of a campaign as a pill."""

from coupons.admin.display import pill
from coupons.enums import CampaignPhase

PHASE_TONES = {
    CampaignPhase.DRAFT: ("plain", "edit_note"),
    CampaignPhase.IN_REVIEW: ("warn", "rate_review"),
    CampaignPhase.SCHEDULED: ("info", "schedule"),
    CampaignPhase.RUNNING: ("ok", "play_arrow"),
    CampaignPhase.PAUSED: ("warn", "pause"),
    CampaignPhase.ENDED: ("plain", "stop"),
    CampaignPhase.ARCHIVED: ("plain", "inventory_2"),
}


def phase_pill(phase: CampaignPhase) -> str:
    return pill(phase.label, *PHASE_TONES[phase])
