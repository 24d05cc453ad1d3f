"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
# An answer multiplies small matrices: a pool of threads for each product would cost more than the product, and fight
# with the other requests for the cores. Read by NumPy's library when it is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

application = get_wsgi_application()
