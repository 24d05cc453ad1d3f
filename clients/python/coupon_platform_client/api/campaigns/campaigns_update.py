from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.full_campaign import FullCampaign
from ...models.patched_campaign_changes import PatchedCampaignChanges
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    external_id: str,
    *,
    body: PatchedCampaignChanges | Unset = UNSET,
    if_match: str,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["If-Match"] = if_match



    

    

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/v1/campaigns/{external_id}".format(external_id=quote(str(external_id), safe=""),),
    }

    
    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> FullCampaign | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = FullCampaign.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[FullCampaign | Problem | Refusal]:
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
    body: PatchedCampaignChanges | Unset = UNSET,
    if_match: str,

) -> Response[FullCampaign | Problem | Refusal]:
    """ Change what is named and nothing else

     `scopes` by method.

    Args:
        external_id (str):
        if_match (str):
        body (PatchedCampaignChanges | Unset): What is left out of a PATCH stays as it is. Only
            `name` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FullCampaign | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
if_match=if_match,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    external_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedCampaignChanges | Unset = UNSET,
    if_match: str,

) -> FullCampaign | Problem | Refusal | None:
    """ Change what is named and nothing else

     `scopes` by method.

    Args:
        external_id (str):
        if_match (str):
        body (PatchedCampaignChanges | Unset): What is left out of a PATCH stays as it is. Only
            `name` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FullCampaign | Problem | Refusal
     """


    return sync_detailed(
        external_id=external_id,
client=client,
body=body,
if_match=if_match,

    ).parsed

async def asyncio_detailed(
    external_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedCampaignChanges | Unset = UNSET,
    if_match: str,

) -> Response[FullCampaign | Problem | Refusal]:
    """ Change what is named and nothing else

     `scopes` by method.

    Args:
        external_id (str):
        if_match (str):
        body (PatchedCampaignChanges | Unset): What is left out of a PATCH stays as it is. Only
            `name` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FullCampaign | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        external_id=external_id,
body=body,
if_match=if_match,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    external_id: str,
    *,
    client: AuthenticatedClient,
    body: PatchedCampaignChanges | Unset = UNSET,
    if_match: str,

) -> FullCampaign | Problem | Refusal | None:
    """ Change what is named and nothing else

     `scopes` by method.

    Args:
        external_id (str):
        if_match (str):
        body (PatchedCampaignChanges | Unset): What is left out of a PATCH stays as it is. Only
            `name` can be changed outside draft.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FullCampaign | Problem | Refusal
     """


    return (await asyncio_detailed(
        external_id=external_id,
client=client,
body=body,
if_match=if_match,

    )).parsed
