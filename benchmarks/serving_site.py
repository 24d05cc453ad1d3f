"""The site of `benchmarks.serving`: the real one, with two bare views beside it that do next to nothing.

Served by `granian benchmarks.serving_site:application`, so that the peers share the product's processes, middleware,
database connections and server.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")

import orjson
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from couponsite.wsgi import application

__all__ = ["application", "urlpatterns"]

settings.ROOT_URLCONF = "benchmarks.serving_site"


def bare_row(request: HttpRequest) -> HttpResponse:
    """One row of Postgres, passed through as the JSON text that it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM bench_row WHERE id = %s", [request.GET["id"]])
        body = cursor.fetchone()[0]
    return HttpResponse(body, content_type="application/json")


_INSERT = """
INSERT INTO recommender_behaviorevent (channel_id, event_key, shopper_id, kind, product_id, occurred_at)
SELECT (e ->> 'channel')::bigint, gen_random_uuid(), (e ->> 'shopper')::bigint, 1, (e ->> 'product')::bigint, now()
FROM jsonb_array_elements(%s::jsonb) e
"""


@csrf_exempt
def bare_insert(request: HttpRequest) -> HttpResponse:
    """The same number of events, unchecked: ids as they come, every time new, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [request.body.decode()])
        stored = cursor.rowcount
    return HttpResponse(orjson.dumps({"stored": stored}), content_type="application/json")


urlpatterns = [
    path("api/v1/bench/row", bare_row),
    path("api/v1/bench/events", bare_insert),
    path("", include("couponsite.urls")),
]
