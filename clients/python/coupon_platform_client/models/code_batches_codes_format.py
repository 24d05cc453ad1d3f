from typing import Literal

CodeBatchesCodesFormat = Literal['csv', 'json']

CODE_BATCHES_CODES_FORMAT_VALUES: set[CodeBatchesCodesFormat] = { 'csv', 'json',  }

def check_code_batches_codes_format(value: str) -> CodeBatchesCodesFormat:
    if value in CODE_BATCHES_CODES_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CODE_BATCHES_CODES_FORMAT_VALUES!r}")
