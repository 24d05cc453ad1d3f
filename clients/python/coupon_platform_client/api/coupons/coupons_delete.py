from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from typing import cast
from uuid import UUID



def _get_kwargs(
    uid: UUID,
    *,
    if_match: str,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match



    

    

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/api/v1/coupons/{uid}".format(uid=quote(str(uid), safe=""),),
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | Problem | Refusal | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

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

    if response.status_code == 412:
        response_412 = Refusal.from_dict(response.json())



        return response_412

    if response.status_code == 428:
        response_428 = Refusal.from_dict(response.json())



        return response_428

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | Problem | Refusal]:
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
    if_match: str,

) -> Response[Any | Problem | Refusal]:
    """ Delete a coupon of a draft that nobody has used

     Anything else is deactivated.

    Args:
        uid (UUID):
        if_match (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
if_match=if_match,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    if_match: str,

) -> Any | Problem | Refusal | None:
    """ Delete a coupon of a draft that nobody has used

     Anything else is deactivated.

    Args:
        uid (UUID):
        if_match (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | Refusal
     """


    return sync_detailed(
        uid=uid,
client=client,
if_match=if_match,

    ).parsed

async def asyncio_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    if_match: str,

) -> Response[Any | Problem | Refusal]:
    """ Delete a coupon of a draft that nobody has used

     Anything else is deactivated.

    Args:
        uid (UUID):
        if_match (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
if_match=if_match,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    if_match: str,

) -> Any | Problem | Refusal | None:
    """ Delete a coupon of a draft that nobody has used

     Anything else is deactivated.

    Args:
        uid (UUID):
        if_match (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | Problem | Refusal
     """


    return (await asyncio_detailed(
        uid=uid,
client=client,
if_match=if_match,

    )).parsed
