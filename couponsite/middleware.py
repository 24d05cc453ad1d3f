"""A short way for the API: no session, no form token, no messages; a call with a key has none of them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, get_urlconf, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

API = "/api/v1/"


class ApiShortcut:
    """Calls below /api/v1/ go from here to their view; everything else takes the rest of the middleware.

    Stands below SecurityMiddleware. Of the rest only the language is of use to an answer, so it is set here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return self.get_response(request)
        language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()
        match = _resolved(request.path_info)
        request.resolver_match = match
        response = match.func(request, *match.args, **match.kwargs)
        return _finished(response, language)


_routes: dict[tuple[str, str], ResolverMatch] = {}


def _resolved(path: str) -> ResolverMatch:
    """As `resolve`, which tries every route above the right one at each call; those without parameters are kept."""
    key = (get_urlconf() or settings.ROOT_URLCONF, path)
    match = _routes.get(key)
    if match is None:
        match = resolve(path)
        if not match.args and not match.kwargs and match.url_name is not None:
            _routes[key] = match
    return match


def _finished(response: Any, language: str) -> HttpResponseBase:
    if callable(getattr(response, "render", None)):
        response = response.render()
    if not response.streaming and not response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    patch_vary_headers(response, ("Accept-Language",))
    response.headers.setdefault("Content-Language", language)
    return response  # type: ignore[no-any-return]
