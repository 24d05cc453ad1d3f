from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.campaign_page import CampaignPage
from ...models.campaigns_list_status import CampaignsListStatus
from ...models.campaigns_list_status import check_campaigns_list_status
from ...models.problem import Problem
from ...models.refusal import Refusal
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: CampaignsListStatus | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["limit"] = limit

    json_status: str | Unset = UNSET
    if not isinstance(status, Unset):
        json_status = status

    params["status"] = json_status


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/campaigns",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> CampaignPage | Problem | Refusal | None:
    if response.status_code == 200:
        response_200 = CampaignPage.from_dict(response.json())



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

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[CampaignPage | Problem | Refusal]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: CampaignsListStatus | Unset = UNSET,

) -> Response[CampaignPage | Problem | Refusal]:
    """ Campaigns, newest first

     `scopes` by method.

    Args:
        cursor (str | Unset):
        limit (int | Unset):
        status (CampaignsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CampaignPage | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        cursor=cursor,
limit=limit,
status=status,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: CampaignsListStatus | Unset = UNSET,

) -> CampaignPage | Problem | Refusal | None:
    """ Campaigns, newest first

     `scopes` by method.

    Args:
        cursor (str | Unset):
        limit (int | Unset):
        status (CampaignsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CampaignPage | Problem | Refusal
     """


    return sync_detailed(
        client=client,
cursor=cursor,
limit=limit,
status=status,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: CampaignsListStatus | Unset = UNSET,

) -> Response[CampaignPage | Problem | Refusal]:
    """ Campaigns, newest first

     `scopes` by method.

    Args:
        cursor (str | Unset):
        limit (int | Unset):
        status (CampaignsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CampaignPage | Problem | Refusal]
     """


    kwargs = _get_kwargs(
        cursor=cursor,
limit=limit,
status=status,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    status: CampaignsListStatus | Unset = UNSET,

) -> CampaignPage | Problem | Refusal | None:
    """ Campaigns, newest first

     `scopes` by method.

    Args:
        cursor (str | Unset):
        limit (int | Unset):
        status (CampaignsListStatus | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CampaignPage | Problem | Refusal
     """


    return (await asyncio_detailed(
        client=client,
cursor=cursor,
limit=limit,
status=status,

    )).parsed
