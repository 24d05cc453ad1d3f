from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.personalisation import Personalisation
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    external_id: str,
    *,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/shoppers/{external_id}/personalisation".format(external_id=quote(str(external_id), safe=""),),
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Personalisation | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = Personalisation.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Personalisation | Problem | Refusal]:
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
    shopper_token: str | Unset = UNSET,

) -> Response[Personalisation | Problem | Refusal]:
    """ Whether a shopper has personal coupons

     Whether what a shopper does is learnt from.

    Args:
        external_id (str):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Personalisation | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
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
    shopper_token: str | Unset = UNSET,

) -> Personalisation | Problem | Refusal | None:
    """ Whether a shopper has personal coupons

     Whether what a shopper does is learnt from.

    Args:
        external_id (str):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Personalisation | Problem | Refusal
     """


    return sync_detailed(
        external_id=external_id,
client=client,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    shopper_token: str | Unset = UNSET,

) -> Response[Personalisation | Problem | Refusal]:
    """ Whether a shopper has personal coupons

     Whether what a shopper does is learnt from.

    Args:
        external_id (str):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Personalisation | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
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
    shopper_token: str | Unset = UNSET,

) -> Personalisation | Problem | Refusal | None:
    """ Whether a shopper has personal coupons

     Whether what a shopper does is learnt from.

    Args:
        external_id (str):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Personalisation | Problem | Refusal
     """


    return (await asyncio_detailed(
        external_id=external_id,
client=client,
shopper_token=shopper_token,

    )).parsed
