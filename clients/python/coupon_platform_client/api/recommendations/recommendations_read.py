from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.problem import Problem
from ...models.refusal import Refusal
from ...models.slate import Slate
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    cart_total: int | Unset = UNSET,
    channel: str | Unset = UNSET,
    lat: float | Unset = UNSET,
    limit: int | Unset = UNSET,
    lon: float | Unset = UNSET,
    place: str | Unset = UNSET,
    radius_m: int | Unset = UNSET,
    shopper: str | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(shopper_token, Unset):
        headers["Shopper-Token"] = shopper_token



    

    params: dict[str, Any] = {}

    params["cart_total"] = cart_total

    params["channel"] = channel

    params["lat"] = lat

    params["limit"] = limit

    params["lon"] = lon

    params["place"] = place

    params["radius_m"] = radius_m

    params["shopper"] = shopper


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/recommendations",
        "params": params,
    }


    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | Refusal | Slate | None:
    if response.status_code == 200:
        response_200 = Slate.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | Refusal | Slate]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cart_total: int | Unset = UNSET,
    channel: str | Unset = UNSET,
    lat: float | Unset = UNSET,
    limit: int | Unset = UNSET,
    lon: float | Unset = UNSET,
    place: str | Unset = UNSET,
    radius_m: int | Unset = UNSET,
    shopper: str | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | Slate]:
    """ Coupons for one shopper, best first

     Every coupon was eligible for this shopper at the instant of the answer. A shopper that is not known
    gets what is popular, and `fallback` says why. The answer is logged as an impression.

    Args:
        cart_total (int | Unset):
        channel (str | Unset):
        lat (float | Unset):
        limit (int | Unset):
        lon (float | Unset):
        place (str | Unset):
        radius_m (int | Unset):
        shopper (str | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | Slate]
     """


    kwargs = _get_kwargs(
        cart_total=cart_total,
channel=channel,
lat=lat,
limit=limit,
lon=lon,
place=place,
radius_m=radius_m,
shopper=shopper,
shopper_token=shopper_token,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    cart_total: int | Unset = UNSET,
    channel: str | Unset = UNSET,
    lat: float | Unset = UNSET,
    limit: int | Unset = UNSET,
    lon: float | Unset = UNSET,
    place: str | Unset = UNSET,
    radius_m: int | Unset = UNSET,
    shopper: str | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | Slate | None:
    """ Coupons for one shopper, best first

     Every coupon was eligible for this shopper at the instant of the answer. A shopper that is not known
    gets what is popular, and `fallback` says why. The answer is logged as an impression.

    Args:
        cart_total (int | Unset):
        channel (str | Unset):
        lat (float | Unset):
        limit (int | Unset):
        lon (float | Unset):
        place (str | Unset):
        radius_m (int | Unset):
        shopper (str | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | Slate
     """


    return sync_detailed(
        client=client,
cart_total=cart_total,
channel=channel,
lat=lat,
limit=limit,
lon=lon,
place=place,
radius_m=radius_m,
shopper=shopper,
shopper_token=shopper_token,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cart_total: int | Unset = UNSET,
    channel: str | Unset = UNSET,
    lat: float | Unset = UNSET,
    limit: int | Unset = UNSET,
    lon: float | Unset = UNSET,
    place: str | Unset = UNSET,
    radius_m: int | Unset = UNSET,
    shopper: str | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Response[Problem | Refusal | Slate]:
    """ Coupons for one shopper, best first

     Every coupon was eligible for this shopper at the instant of the answer. A shopper that is not known
    gets what is popular, and `fallback` says why. The answer is logged as an impression.

    Args:
        cart_total (int | Unset):
        channel (str | Unset):
        lat (float | Unset):
        limit (int | Unset):
        lon (float | Unset):
        place (str | Unset):
        radius_m (int | Unset):
        shopper (str | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | Refusal | Slate]
     """


    kwargs = _get_kwargs(
        cart_total=cart_total,
channel=channel,
lat=lat,
limit=limit,
lon=lon,
place=place,
radius_m=radius_m,
shopper=shopper,
shopper_token=shopper_token,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    cart_total: int | Unset = UNSET,
    channel: str | Unset = UNSET,
    lat: float | Unset = UNSET,
    limit: int | Unset = UNSET,
    lon: float | Unset = UNSET,
    place: str | Unset = UNSET,
    radius_m: int | Unset = UNSET,
    shopper: str | Unset = UNSET,
    shopper_token: str | Unset = UNSET,

) -> Problem | Refusal | Slate | None:
    """ Coupons for one shopper, best first

     Every coupon was eligible for this shopper at the instant of the answer. A shopper that is not known
    gets what is popular, and `fallback` says why. The answer is logged as an impression.

    Args:
        cart_total (int | Unset):
        channel (str | Unset):
        lat (float | Unset):
        limit (int | Unset):
        lon (float | Unset):
        place (str | Unset):
        radius_m (int | Unset):
        shopper (str | Unset):
        shopper_token (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | Refusal | Slate
     """


    return (await asyncio_detailed(
        client=client,
cart_total=cart_total,
channel=channel,
lat=lat,
limit=limit,
lon=lon,
place=place,
radius_m=radius_m,
shopper=shopper,
shopper_token=shopper_token,

    )).parsed
