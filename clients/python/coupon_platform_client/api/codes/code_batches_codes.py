from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.code_batches_codes_format import check_code_batches_codes_format
from ...models.code_batches_codes_format import CodeBatchesCodesFormat
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    uid: UUID,
    *,
    format_: CodeBatchesCodesFormat | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_

    params["format"] = json_format_


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/code-batches/{uid}/codes.csv".format(uid=quote(str(uid), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | str | None:
    if response.status_code == 200:
        response_200 = response.text
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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | str]:
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
    format_: CodeBatchesCodesFormat | Unset = UNSET,

) -> Response[Problem | Refusal | str]:
    """ The codes of a batch as CSV

     Streamed, with the columns code, uses, held and redeemed. It gives codes away, so it asks for
    `coupons:write`.

    Args:
        uid (UUID):
        format_ (CodeBatchesCodesFormat | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | str]
     """


    kwargs = _get_kwargs(
        uid=uid,
format_=format_,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    format_: CodeBatchesCodesFormat | Unset = UNSET,

) -> Problem | Refusal | str | None:
    """ The codes of a batch as CSV

     Streamed, with the columns code, uses, held and redeemed. It gives codes away, so it asks for
    `coupons:write`.

    Args:
        uid (UUID):
        format_ (CodeBatchesCodesFormat | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | str
     """


    return sync_detailed(
        uid=uid,
client=client,
format_=format_,

    ).parsed

async def asyncio_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    format_: CodeBatchesCodesFormat | Unset = UNSET,

) -> Response[Problem | Refusal | str]:
    """ The codes of a batch as CSV

     Streamed, with the columns code, uses, held and redeemed. It gives codes away, so it asks for
    `coupons:write`.

    Args:
        uid (UUID):
        format_ (CodeBatchesCodesFormat | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | str]
     """


    kwargs = _get_kwargs(
        uid=uid,
format_=format_,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    format_: CodeBatchesCodesFormat | Unset = UNSET,

) -> Problem | Refusal | str | None:
    """ The codes of a batch as CSV

     Streamed, with the columns code, uses, held and redeemed. It gives codes away, so it asks for
    `coupons:write`.

    Args:
        uid (UUID):
        format_ (CodeBatchesCodesFormat | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | str
     """


    return (await asyncio_detailed(
        uid=uid,
client=client,
format_=format_,

    )).parsed
