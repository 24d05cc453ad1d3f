from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.personalisation import Personalisation
from ...models.personalisation_request import PersonalisationRequest
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    external_id: str,
    *,
    body: PersonalisationRequest,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/api/v1/shoppers/{external_id}/personalisation".format(external_id=quote(str(external_id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

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

    if response.status_code == 413:
        response_413 = Refusal.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Refusal.from_dict(response.json())



        return response_415

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
    body: PersonalisationRequest,
    shopper_token: str | Unset = UNSET,

) -> Response[Personalisation | Problem | Refusal]:
    """ Stop personal coupons, or start them again

     Saying it twice is the same as once. A shopper who is not known yet is made known with the wish.

    Args:
        external_id (str):
        shopper_token (str | Unset):
        body (PersonalisationRequest): A body or a part of one; a member that it does not have is
            a fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Personalisation | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
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
    body: PersonalisationRequest,
    shopper_token: str | Unset = UNSET,

) -> Personalisation | Problem | Refusal | None:
    """ Stop personal coupons, or start them again

     Saying it twice is the same as once. A shopper who is not known yet is made known with the wish.

    Args:
        external_id (str):
        shopper_token (str | Unset):
        body (PersonalisationRequest): A body or a part of one; a member that it does not have is
            a fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Personalisation | Problem | Refusal
     """


    return sync_detailed(
        external_id=external_id,
client=client,
body=body,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    body: PersonalisationRequest,
    shopper_token: str | Unset = UNSET,

) -> Response[Personalisation | Problem | Refusal]:
    """ Stop personal coupons, or start them again

     Saying it twice is the same as once. A shopper who is not known yet is made known with the wish.

    Args:
        external_id (str):
        shopper_token (str | Unset):
        body (PersonalisationRequest): A body or a part of one; a member that it does not have is
            a fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Personalisation | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
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
    body: PersonalisationRequest,
    shopper_token: str | Unset = UNSET,

) -> Personalisation | Problem | Refusal | None:
    """ Stop personal coupons, or start them again

     Saying it twice is the same as once. A shopper who is not known yet is made known with the wish.

    Args:
        external_id (str):
        shopper_token (str | Unset):
        body (PersonalisationRequest): A body or a part of one; a member that it does not have is
            a fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Personalisation | Problem | Refusal
     """


    return (await asyncio_detailed(
        external_id=external_id,
client=client,
body=body,
shopper_token=shopper_token,

    )).parsed
