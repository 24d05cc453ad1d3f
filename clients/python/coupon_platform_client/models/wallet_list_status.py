from typing import Literal

WalletListStatus = Literal['expired', 'held', 'issued', 'redeemed', 'revoked']

WALLET_LIST_STATUS_VALUES: set[WalletListStatus] = { 'expired', 'held', 'issued', 'redeemed', 'revoked',  }

def check_wallet_list_status(value: str) -> WalletListStatus:
    if value in WALLET_LIST_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WALLET_LIST_STATUS_VALUES!r}")
