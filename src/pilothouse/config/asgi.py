# SPDX-License-Identifier: Apache-2.0
"""The web application for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.config.settings.prod")
application = get_asgi_application()
