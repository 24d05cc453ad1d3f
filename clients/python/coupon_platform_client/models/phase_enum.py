from typing import Literal

PhaseEnum = Literal['archived', 'draft', 'ended', 'in_review', 'paused', 'running', 'scheduled']

PHASE_ENUM_VALUES: set[PhaseEnum] = { 'archived', 'draft', 'ended', 'in_review', 'paused', 'running', 'scheduled',  }

def check_phase_enum(value: str) -> PhaseEnum:
    if value in PHASE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PHASE_ENUM_VALUES!r}")
