from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from ...models.wallet_list_status import check_wallet_list_status
from ...models.wallet_list_status import WalletListStatus
from ...models.wallet_page import WalletPage
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    external_id: str,
    *,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: WalletListStatus | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["limit"] = limit

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status

    params["status"] = json_status


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/shoppers/{external_id}/coupons".format(external_id=quote(str(external_id), safe=""),),
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | WalletPage | None:
    if response.status_code == 200:
        response_200 = WalletPage.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Refusal.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Refusal.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = Refusal.from_dict(response.json())



        return response_404

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | WalletPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: WalletListStatus | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | WalletPage]:
    """ A shopper's coupons, newest first

     A shopper's coupons.

    Args:
        external_id (str):
        cursor (str | Unset):
        limit (int | Unset):
        status (WalletListStatus | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | WalletPage]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
cursor=cursor,
limit=limit,
status=status,
shopper_token=shopper_token,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    external_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: WalletListStatus | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | WalletPage | None:
    """ A shopper's coupons, newest first

     A shopper's coupons.

    Args:
        external_id (str):
        cursor (str | Unset):
        limit (int | Unset):
        status (WalletListStatus | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | WalletPage
     """


    return sync_detailed(
        external_id=external_id,
client=client,
cursor=cursor,
limit=limit,
status=status,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: WalletListStatus | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | WalletPage]:
    """ A shopper's coupons, newest first

     A shopper's coupons.

    Args:
        external_id (str):
        cursor (str | Unset):
        limit (int | Unset):
        status (WalletListStatus | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | WalletPage]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
cursor=cursor,
limit=limit,
status=status,
shopper_token=shopper_token,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    external_id: str,
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: WalletListStatus | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | WalletPage | None:
    """ A shopper's coupons, newest first

     A shopper's coupons.

    Args:
        external_id (str):
        cursor (str | Unset):
        limit (int | Unset):
        status (WalletListStatus | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | WalletPage
     """


    return (await asyncio_detailed(
        external_id=external_id,
client=client,
cursor=cursor,
limit=limit,
status=status,
shopper_token=shopper_token,

    )).parsed
