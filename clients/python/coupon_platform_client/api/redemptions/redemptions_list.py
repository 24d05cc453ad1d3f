from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.redemption_page import RedemptionPage
from ...models.redemptions_list_status import check_redemptions_list_status
from ...models.redemptions_list_status import RedemptionsListStatus
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    *,
    coupon: UUID | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    order_ref: str | Unset = UNSET,
    shopper: str | Unset = UNSET,
    status: RedemptionsListStatus | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    json_coupon: str | Unset = UNSET
    if not isinstance(coupon, Unset):
        json_coupon = str(coupon)
    params["coupon"] = json_coupon

    params["cursor"] = cursor

    params["limit"] = limit

    params["order_ref"] = order_ref

    params["shopper"] = shopper

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status

    params["status"] = json_status


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/redemptions",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | RedemptionPage | Refusal | None:
    if response.status_code == 200:
        response_200 = RedemptionPage.from_dict(response.json())



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

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | RedemptionPage | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    coupon: UUID | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    order_ref: str | Unset = UNSET,
    shopper: str | Unset = UNSET,
    status: RedemptionsListStatus | Unset = UNSET,

) -> Response[Problem | RedemptionPage | Refusal]:
    """ Redemptions, newest first

     Uses of coupons.

    Args:
        coupon (UUID | Unset):
        cursor (str | Unset):
        limit (int | Unset):
        order_ref (str | Unset):
        shopper (str | Unset):
        status (RedemptionsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RedemptionPage | Refusal]
     """


    kwargs = _get_kwargs(
        coupon=coupon,
cursor=cursor,
limit=limit,
order_ref=order_ref,
shopper=shopper,
status=status,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    coupon: UUID | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    order_ref: str | Unset = UNSET,
    shopper: str | Unset = UNSET,
    status: RedemptionsListStatus | Unset = UNSET,

) -> Problem | RedemptionPage | Refusal | None:
    """ Redemptions, newest first

     Uses of coupons.

    Args:
        coupon (UUID | Unset):
        cursor (str | Unset):
        limit (int | Unset):
        order_ref (str | Unset):
        shopper (str | Unset):
        status (RedemptionsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RedemptionPage | Refusal
     """


    return sync_detailed(
        client=client,
coupon=coupon,
cursor=cursor,
limit=limit,
order_ref=order_ref,
shopper=shopper,
status=status,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    coupon: UUID | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    order_ref: str | Unset = UNSET,
    shopper: str | Unset = UNSET,
    status: RedemptionsListStatus | Unset = UNSET,

) -> Response[Problem | RedemptionPage | Refusal]:
    """ Redemptions, newest first

     Uses of coupons.

    Args:
        coupon (UUID | Unset):
        cursor (str | Unset):
        limit (int | Unset):
        order_ref (str | Unset):
        shopper (str | Unset):
        status (RedemptionsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | RedemptionPage | Refusal]
     """


    kwargs = _get_kwargs(
        coupon=coupon,
cursor=cursor,
limit=limit,
order_ref=order_ref,
shopper=shopper,
status=status,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    coupon: UUID | Unset = UNSET,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    order_ref: str | Unset = UNSET,
    shopper: str | Unset = UNSET,
    status: RedemptionsListStatus | Unset = UNSET,

) -> Problem | RedemptionPage | Refusal | None:
    """ Redemptions, newest first

     Uses of coupons.

    Args:
        coupon (UUID | Unset):
        cursor (str | Unset):
        limit (int | Unset):
        order_ref (str | Unset):
        shopper (str | Unset):
        status (RedemptionsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | RedemptionPage | Refusal
     """


    return (await asyncio_detailed(
        client=client,
coupon=coupon,
cursor=cursor,
limit=limit,
order_ref=order_ref,
shopper=shopper,
status=status,

    )).parsed
