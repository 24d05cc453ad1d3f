from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from ...models.survey_answer import SurveyAnswer
from ...models.survey_rating import SurveyRating
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID



def _get_kwargs(
    slate_id: UUID,
    *,
    body: SurveyRating,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/surveys/{slate_id}/answer".format(slate_id=quote(str(slate_id), safe=""),),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | SurveyAnswer | None:
    if response.status_code == 200:
        response_200 = SurveyAnswer.from_dict(response.json())



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

    if response.status_code == 413:
        response_413 = Refusal.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Refusal.from_dict(response.json())



        return response_415

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | SurveyAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slate_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SurveyRating,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | SurveyAnswer]:
    """ Answer the question

     Only where it was put; another rating takes the place of the first.

    Args:
        slate_id (UUID):
        shopper_token (str | Unset):
        body (SurveyRating): A body or a part of one; a member that it does not have is a fault,
            not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | SurveyAnswer]
     """


    kwargs = _get_kwargs(
        slate_id=slate_id,
body=body,
shopper_token=shopper_token,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    slate_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SurveyRating,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | SurveyAnswer | None:
    """ Answer the question

     Only where it was put; another rating takes the place of the first.

    Args:
        slate_id (UUID):
        shopper_token (str | Unset):
        body (SurveyRating): A body or a part of one; a member that it does not have is a fault,
            not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | SurveyAnswer
     """


    return sync_detailed(
        slate_id=slate_id,
client=client,
body=body,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    slate_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SurveyRating,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | SurveyAnswer]:
    """ Answer the question

     Only where it was put; another rating takes the place of the first.

    Args:
        slate_id (UUID):
        shopper_token (str | Unset):
        body (SurveyRating): A body or a part of one; a member that it does not have is a fault,
            not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | SurveyAnswer]
     """


    kwargs = _get_kwargs(
        slate_id=slate_id,
body=body,
shopper_token=shopper_token,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    slate_id: UUID,
    *,
    client: AuthenticatedClient,
    body: SurveyRating,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | SurveyAnswer | None:
    """ Answer the question

     Only where it was put; another rating takes the place of the first.

    Args:
        slate_id (UUID):
        shopper_token (str | Unset):
        body (SurveyRating): A body or a part of one; a member that it does not have is a fault,
            not ignored.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | SurveyAnswer
     """


    return (await asyncio_detailed(
        slate_id=slate_id,
client=client,
body=body,
shopper_token=shopper_token,

    )).parsed
