from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from ...models.shopper_token import ShopperToken
from ...models.shopper_token_request import ShopperTokenRequest
from typing import cast



def _get_kwargs(
    *,
    body: ShopperTokenRequest,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/shopper-tokens",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | ShopperToken | None:
    if response.status_code == 201:
        response_201 = ShopperToken.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | ShopperToken]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ShopperTokenRequest,

) -> Response[Problem | Refusal | ShopperToken]:
    """ A token for one shopper's browser

     A browser's key alone opens nothing. With this token in the `Shopper-Token` header it reads and
    claims for this shopper, until the token expires or the key that asked for it is revoked. Ask for it
    after your own log-in, on your server.

    Args:
        body (ShopperTokenRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | ShopperToken]
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
    body: ShopperTokenRequest,

) -> Problem | Refusal | ShopperToken | None:
    """ A token for one shopper's browser

     A browser's key alone opens nothing. With this token in the `Shopper-Token` header it reads and
    claims for this shopper, until the token expires or the key that asked for it is revoked. Ask for it
    after your own log-in, on your server.

    Args:
        body (ShopperTokenRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | ShopperToken
     """


    return sync_detailed(
        client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ShopperTokenRequest,

) -> Response[Problem | Refusal | ShopperToken]:
    """ A token for one shopper's browser

     A browser's key alone opens nothing. With this token in the `Shopper-Token` header it reads and
    claims for this shopper, until the token expires or the key that asked for it is revoked. Ask for it
    after your own log-in, on your server.

    Args:
        body (ShopperTokenRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | ShopperToken]
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
    body: ShopperTokenRequest,

) -> Problem | Refusal | ShopperToken | None:
    """ A token for one shopper's browser

     A browser's key alone opens nothing. With this token in the `Shopper-Token` header it reads and
    claims for this shopper, until the token expires or the key that asked for it is revoked. Ask for it
    after your own log-in, on your server.

    Args:
        body (ShopperTokenRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | ShopperToken
     """


    return (await asyncio_detailed(
        client=client,
body=body,

    )).parsed
