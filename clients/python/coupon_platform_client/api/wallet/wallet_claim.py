from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.claim import Claim
from ...models.grant import Grant
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    external_id: str,
    *,
    body: Claim,
    idempotency_key: str,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["Idempotency-Key"] = idempotency_key

    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/shoppers/{external_id}/coupons".format(external_id=quote(str(external_id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Grant | Problem | Refusal | None:
    if response.status_code == 201:
        response_201 = Grant.from_dict(response.json())



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

    if response.status_code == 410:
        response_410 = Refusal.from_dict(response.json())



        return response_410

    if response.status_code == 413:
        response_413 = Refusal.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Refusal.from_dict(response.json())



        return response_415

    if response.status_code == 422:
        response_422 = Refusal.from_dict(response.json())



        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 503:
        response_503 = Refusal.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Grant | Problem | Refusal]:
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
    body: Claim,
    idempotency_key: str,
    shopper_token: str | Unset = UNSET,

) -> Response[Grant | Problem | Refusal]:
    """ Claim a coupon

     Puts it into the wallet, once while it is unused; 409 gives the one that is there already.

    Args:
        external_id (str):
        idempotency_key (str):
        shopper_token (str | Unset):
        body (Claim): A body or a part of one; a member that it does not have is a fault, not
            ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Grant | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
idempotency_key=idempotency_key,
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
    body: Claim,
    idempotency_key: str,
    shopper_token: str | Unset = UNSET,

) -> Grant | Problem | Refusal | None:
    """ Claim a coupon

     Puts it into the wallet, once while it is unused; 409 gives the one that is there already.

    Args:
        external_id (str):
        idempotency_key (str):
        shopper_token (str | Unset):
        body (Claim): A body or a part of one; a member that it does not have is a fault, not
            ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Grant | Problem | Refusal
     """


    return sync_detailed(
        external_id=external_id,
client=client,
body=body,
idempotency_key=idempotency_key,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    body: Claim,
    idempotency_key: str,
    shopper_token: str | Unset = UNSET,

) -> Response[Grant | Problem | Refusal]:
    """ Claim a coupon

     Puts it into the wallet, once while it is unused; 409 gives the one that is there already.

    Args:
        external_id (str):
        idempotency_key (str):
        shopper_token (str | Unset):
        body (Claim): A body or a part of one; a member that it does not have is a fault, not
            ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Grant | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
idempotency_key=idempotency_key,
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
    body: Claim,
    idempotency_key: str,
    shopper_token: str | Unset = UNSET,

) -> Grant | Problem | Refusal | None:
    """ Claim a coupon

     Puts it into the wallet, once while it is unused; 409 gives the one that is there already.

    Args:
        external_id (str):
        idempotency_key (str):
        shopper_token (str | Unset):
        body (Claim): A body or a part of one; a member that it does not have is a fault, not
            ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Grant | Problem | Refusal
     """


    return (await asyncio_detailed(
        external_id=external_id,
client=client,
body=body,
idempotency_key=idempotency_key,
shopper_token=shopper_token,

    )).parsed
