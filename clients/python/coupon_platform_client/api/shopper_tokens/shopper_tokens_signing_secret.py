from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from ...models.signing_secret import SigningSecret
from typing import cast



def _get_kwargs(
    
) -> dict[str, Any]:
    

    

    

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/shopper-tokens/signing-secret",
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | SigningSecret | None:
    if response.status_code == 200:
        response_200 = SigningSecret.from_dict(response.json())



        return response_200

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | SigningSecret]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,

) -> Response[Problem | Refusal | SigningSecret]:
    """ What a backend needs to sign shopper tokens itself

     A token is a JWT with the header `kid` and the claims `sub` (the shopper), `aud`, `iat` and `exp`,
    signed with HMAC-SHA256 over the secret's characters. The secret belongs to the key that asks.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | SigningSecret]
     """


    kwargs = _get_kwargs(
        
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,

) -> Problem | Refusal | SigningSecret | None:
    """ What a backend needs to sign shopper tokens itself

     A token is a JWT with the header `kid` and the claims `sub` (the shopper), `aud`, `iat` and `exp`,
    signed with HMAC-SHA256 over the secret's characters. The secret belongs to the key that asks.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | SigningSecret
     """


    return sync_detailed(
        client=client,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,

) -> Response[Problem | Refusal | SigningSecret]:
    """ What a backend needs to sign shopper tokens itself

     A token is a JWT with the header `kid` and the claims `sub` (the shopper), `aud`, `iat` and `exp`,
    signed with HMAC-SHA256 over the secret's characters. The secret belongs to the key that asks.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | SigningSecret]
     """


    kwargs = _get_kwargs(
        
    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,

) -> Problem | Refusal | SigningSecret | None:
    """ What a backend needs to sign shopper tokens itself

     A token is a JWT with the header `kid` and the claims `sub` (the shopper), `aud`, `iat` and `exp`,
    signed with HMAC-SHA256 over the secret's characters. The secret belongs to the key that asks.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | SigningSecret
     """


    return (await asyncio_detailed(
        client=client,

    )).parsed
