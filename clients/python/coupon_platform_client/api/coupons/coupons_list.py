from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.coupon_page import CouponPage
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    campaign: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["campaign"] = campaign

    params["cursor"] = cursor

    params["external_id"] = external_id

    params["limit"] = limit


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/coupons",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CouponPage | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = CouponPage.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CouponPage | Problem | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    campaign: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,

) -> Response[CouponPage | Problem | Refusal]:
    """ Coupons, newest first

     `scopes` by method.

    Args:
        campaign (str | Unset):
        cursor (str | Unset):
        external_id (str | Unset):
        limit (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CouponPage | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        campaign=campaign,
cursor=cursor,
external_id=external_id,
limit=limit,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    campaign: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,

) -> CouponPage | Problem | Refusal | None:
    """ Coupons, newest first

     `scopes` by method.

    Args:
        campaign (str | Unset):
        cursor (str | Unset):
        external_id (str | Unset):
        limit (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CouponPage | Problem | Refusal
     """


    return sync_detailed(
        client=client,
campaign=campaign,
cursor=cursor,
external_id=external_id,
limit=limit,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    campaign: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,

) -> Response[CouponPage | Problem | Refusal]:
    """ Coupons, newest first

     `scopes` by method.

    Args:
        campaign (str | Unset):
        cursor (str | Unset):
        external_id (str | Unset):
        limit (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CouponPage | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        campaign=campaign,
cursor=cursor,
external_id=external_id,
limit=limit,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    campaign: str | Unset = UNSET,
    cursor: str | Unset = UNSET,
    external_id: str | Unset = UNSET,
    limit: int | Unset = UNSET,

) -> CouponPage | Problem | Refusal | None:
    """ Coupons, newest first

     `scopes` by method.

    Args:
        campaign (str | Unset):
        cursor (str | Unset):
        external_id (str | Unset):
        limit (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CouponPage | Problem | Refusal
     """


    return (await asyncio_detailed(
        client=client,
campaign=campaign,
cursor=cursor,
external_id=external_id,
limit=limit,

    )).parsed
