"""The shop is there only where a setting says so, and its pages are as strict as a storefront's should be."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

View = Callable[..., HttpResponse]

CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def shop_page(view: View) -> View:
    """404 unless DEMO_SHOP is on; a content policy without inline scripts, inline styles or other hosts."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO_SHOP:
            raise Http404
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = CONTENT_POLICY
        patch_cache_control(response, private=True, no_store=True)
        return response

    return guarded
