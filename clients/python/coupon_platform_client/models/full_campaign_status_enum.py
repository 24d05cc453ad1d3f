from typing import Literal

FullCampaignStatusEnum = Literal['approved', 'archived', 'draft', 'in_review', 'paused']

FULL_CAMPAIGN_STATUS_ENUM_VALUES: set[FullCampaignStatusEnum] = { 'approved', 'archived', 'draft', 'in_review', 'paused',  }

def check_full_campaign_status_enum(value: str) -> FullCampaignStatusEnum:
    if value in FULL_CAMPAIGN_STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FULL_CAMPAIGN_STATUS_ENUM_VALUES!r}")
