from typing import Literal

CodeBatchStatusEnum = Literal['done', 'failed', 'pending', 'running']

CODE_BATCH_STATUS_ENUM_VALUES: set[CodeBatchStatusEnum] = { 'done', 'failed', 'pending', 'running',  }

def check_code_batch_status_enum(value: str) -> CodeBatchStatusEnum:
    if value in CODE_BATCH_STATUS_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CODE_BATCH_STATUS_ENUM_VALUES!r}")
