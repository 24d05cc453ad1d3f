"""The WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
# An answer multiplies small matrices: a pool of threads for each product would cost more than the product, and fight
# with the other requests for the cores. Read by NumPy's library when it is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

application = get_wsgi_application()
# Every view is imported here and not with the first request. What is there by then stays for good: to look through its
# two hundred thousand objects for garbage would stop all requests of the process for a tenth of a second each time.
get_resolver().url_patterns  # noqa: B018 - a property that imports
gc.collect()
gc.freeze()
