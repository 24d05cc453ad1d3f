from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.popular import Popular
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    limit: int | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    params: dict[str, Any] = {}

    params["limit"] = limit


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/recommendations/popular",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Popular | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = Popular.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Popular | Problem | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Popular | Problem | Refusal]:
    """ Coupons that are popular now

     For anybody: eligible without an account. At most 60 seconds old. Nothing is logged. A browser's own
    shopper does not see what they dismissed or, by the live policy, were shown often enough.

    Args:
        limit (int | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Popular | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        limit=limit,
shopper_token=shopper_token,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Popular | Problem | Refusal | None:
    """ Coupons that are popular now

     For anybody: eligible without an account. At most 60 seconds old. Nothing is logged. A browser's own
    shopper does not see what they dismissed or, by the live policy, were shown often enough.

    Args:
        limit (int | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Popular | Problem | Refusal
     """


    return sync_detailed(
        client=client,
limit=limit,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Popular | Problem | Refusal]:
    """ Coupons that are popular now

     For anybody: eligible without an account. At most 60 seconds old. Nothing is logged. A browser's own
    shopper does not see what they dismissed or, by the live policy, were shown often enough.

    Args:
        limit (int | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Popular | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        limit=limit,
shopper_token=shopper_token,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    limit: int | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Popular | Problem | Refusal | None:
    """ Coupons that are popular now

     For anybody: eligible without an account. At most 60 seconds old. Nothing is logged. A browser's own
    shopper does not see what they dismissed or, by the live policy, were shown often enough.

    Args:
        limit (int | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Popular | Problem | Refusal
     """


    return (await asyncio_detailed(
        client=client,
limit=limit,
shopper_token=shopper_token,

    )).parsed
