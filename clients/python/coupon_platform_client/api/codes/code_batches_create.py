from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.code_batch import CodeBatch
from ...models.code_batch_request import CodeBatchRequest
from ...models.problem import Problem
from ...models.refusal import Refusal
from typing import cast
from uuid import UUID



def _get_kwargs(
    uid: UUID,
    *,
    body: CodeBatchRequest,
    idempotency_key: str,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["Idempotency-Key"] = idempotency_key



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/coupons/{uid}/code-batches".format(uid=quote(str(uid), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CodeBatch | Problem | Refusal | None:
    if response.status_code == 202:
        response_202 = CodeBatch.from_dict(response.json())



        return response_202

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CodeBatch | Problem | Refusal]:
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
    body: CodeBatchRequest,
    idempotency_key: str,

) -> Response[CodeBatch | Problem | Refusal]:
    """ Have codes made

     They are made in the background; the job's address is in Location.

    Args:
        uid (UUID):
        idempotency_key (str):
        body (CodeBatchRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CodeBatch | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
body=body,
idempotency_key=idempotency_key,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    body: CodeBatchRequest,
    idempotency_key: str,

) -> CodeBatch | Problem | Refusal | None:
    """ Have codes made

     They are made in the background; the job's address is in Location.

    Args:
        uid (UUID):
        idempotency_key (str):
        body (CodeBatchRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CodeBatch | Problem | Refusal
     """


    return sync_detailed(
        uid=uid,
client=client,
body=body,
idempotency_key=idempotency_key,

    ).parsed

async def asyncio_detailed(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    body: CodeBatchRequest,
    idempotency_key: str,

) -> Response[CodeBatch | Problem | Refusal]:
    """ Have codes made

     They are made in the background; the job's address is in Location.

    Args:
        uid (UUID):
        idempotency_key (str):
        body (CodeBatchRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CodeBatch | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        uid=uid,
body=body,
idempotency_key=idempotency_key,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    uid: UUID,
    *,
    client: AuthenticatedClient,
    body: CodeBatchRequest,
    idempotency_key: str,

) -> CodeBatch | Problem | Refusal | None:
    """ Have codes made

     They are made in the background; the job's address is in Location.

    Args:
        uid (UUID):
        idempotency_key (str):
        body (CodeBatchRequest): A body or a part of one; a member that it does not have is a
            fault, not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CodeBatch | Problem | Refusal
     """


    return (await asyncio_detailed(
        uid=uid,
client=client,
body=body,
idempotency_key=idempotency_key,

    )).parsed
