from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.coupon import Coupon
from ...models.problem import Problem
from ...models.refusal import Refusal
from typing import cast
from uuid import UUID



def _get_kwargs(
    uid: UUID,

) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/coupons/{uid}".format(uid=quote(str(uid), safe=""),),
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Coupon | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = Coupon.from_dict(response.json())



        return response_200

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Coupon | Problem | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,

) -> Response[Coupon | Problem | Refusal]:
    """ One coupon

     `scopes` by method.

    Args:
        uid (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    uid: UUID,
    *,
    client: AuthenticatedClient,

) -> Coupon | Problem | Refusal | None:
    """ One coupon

     `scopes` by method.

    Args:
        uid (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return sync_detailed(
        uid=uid,
client=client,

    ).parsed

async def asyncio_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,

) -> Response[Coupon | Problem | Refusal]:
    """ One coupon

     `scopes` by method.

    Args:
        uid (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    uid: UUID,
    *,
    client: AuthenticatedClient,

) -> Coupon | Problem | Refusal | None:
    """ One coupon

     `scopes` by method.

    Args:
        uid (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return (await asyncio_detailed(
        uid=uid,
client=client,

    )).parsed
