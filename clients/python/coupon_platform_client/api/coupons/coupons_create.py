from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.coupon import Coupon
from ...models.coupon_request import CouponRequest
from ...models.problem import Problem
from ...models.refusal import Refusal
from typing import cast



def _get_kwargs(
    *,
    body: CouponRequest,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/coupons",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Coupon | Problem | Refusal | None:
    if response.status_code == 201:
        response_201 = Coupon.from_dict(response.json())



        return response_201

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

    if response.status_code == 409:
        response_409 = Refusal.from_dict(response.json())



        return response_409

    if response.status_code == 413:
        response_413 = Refusal.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Refusal.from_dict(response.json())



        return response_415

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
    *,
    client: AuthenticatedClient,
    body: CouponRequest,

) -> Response[Coupon | Problem | Refusal]:
    """ Make a coupon of a draft campaign

     `scopes` by method.

    Args:
        body (CouponRequest): What is left out of a PATCH stays as it is. Only `title` and
            `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: CouponRequest,

) -> Coupon | Problem | Refusal | None:
    """ Make a coupon of a draft campaign

     `scopes` by method.

    Args:
        body (CouponRequest): What is left out of a PATCH stays as it is. Only `title` and
            `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return sync_detailed(
        client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CouponRequest,

) -> Response[Coupon | Problem | Refusal]:
    """ Make a coupon of a draft campaign

     `scopes` by method.

    Args:
        body (CouponRequest): What is left out of a PATCH stays as it is. Only `title` and
            `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CouponRequest,

) -> Coupon | Problem | Refusal | None:
    """ Make a coupon of a draft campaign

     `scopes` by method.

    Args:
        body (CouponRequest): What is left out of a PATCH stays as it is. Only `title` and
            `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return (await asyncio_detailed(
        client=client,
body=body,

    )).parsed
