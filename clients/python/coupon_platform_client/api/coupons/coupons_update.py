from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.coupon import Coupon
from ...models.patched_coupon_changes import PatchedCouponChanges
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    uid: UUID,
    *,
    body: PatchedCouponChanges | Unset = UNSET,
    if_match: str,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match



    

    

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/coupons/{uid}".format(uid=quote(str(uid), safe=""),),
    }

    
    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Coupon | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = Coupon.from_dict(response.json())



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

    if response.status_code == 409:
        response_409 = Refusal.from_dict(response.json())



        return response_409

    if response.status_code == 412:
        response_412 = Refusal.from_dict(response.json())



        return response_412

    if response.status_code == 413:
        response_413 = Refusal.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Refusal.from_dict(response.json())



        return response_415

    if response.status_code == 422:
        response_422 = Refusal.from_dict(response.json())



        return response_422

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
    body: PatchedCouponChanges | Unset = UNSET,
    if_match: str,

) -> Response[Coupon | Problem | Refusal]:
    """ Change what is named and nothing else

     `benefit` and `targets` are replaced as a whole where they are named.

    Args:
        uid (UUID):
        if_match (str):
        body (PatchedCouponChanges | Unset): What is left out of a PATCH stays as it is. Only
            `title` and `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
body=body,
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
    body: PatchedCouponChanges | Unset = UNSET,
    if_match: str,

) -> Coupon | Problem | Refusal | None:
    """ Change what is named and nothing else

     `benefit` and `targets` are replaced as a whole where they are named.

    Args:
        uid (UUID):
        if_match (str):
        body (PatchedCouponChanges | Unset): What is left out of a PATCH stays as it is. Only
            `title` and `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return sync_detailed(
        uid=uid,
client=client,
body=body,
if_match=if_match,

    ).parsed

async def asyncio_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    body: PatchedCouponChanges | Unset = UNSET,
    if_match: str,

) -> Response[Coupon | Problem | Refusal]:
    """ Change what is named and nothing else

     `benefit` and `targets` are replaced as a whole where they are named.

    Args:
        uid (UUID):
        if_match (str):
        body (PatchedCouponChanges | Unset): What is left out of a PATCH stays as it is. Only
            `title` and `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Coupon | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
body=body,
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
    body: PatchedCouponChanges | Unset = UNSET,
    if_match: str,

) -> Coupon | Problem | Refusal | None:
    """ Change what is named and nothing else

     `benefit` and `targets` are replaced as a whole where they are named.

    Args:
        uid (UUID):
        if_match (str):
        body (PatchedCouponChanges | Unset): What is left out of a PATCH stays as it is. Only
            `title` and `active` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Coupon | Problem | Refusal
     """


    return (await asyncio_detailed(
        uid=uid,
client=client,
body=body,
if_match=if_match,

    )).parsed
