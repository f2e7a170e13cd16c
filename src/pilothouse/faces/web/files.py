# SPDX-License-Identifier: Apache-2.0
"""Static files: modules that name each other by their content, whole answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Redirect, StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # without types
    """Files named by their content, also where one script imports another.

    Without it a browser would keep an old part beside a new whole after an upgrade.
    """

    support_js_module_import_aggregation = True


class WholeFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # it comes without types
    """WhiteNoise, which hands a file on piece by piece.

    An asynchronous server would gather the pieces of a synchronous reader first, and warns of it;
    the largest of our files has 100 kB.
    """

    @staticmethod
    def serve(static_file: StaticFile | Redirect, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file:
                body = found.file.read()
        response = HttpResponse(body, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
