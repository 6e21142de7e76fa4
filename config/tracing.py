"""OpenTelemetry traces, by setting: without ``OTLP_ENDPOINT`` nothing of it is even imported.

The packages are in ``requirements-traces.txt``. Spans name routes and statements, never their
values; ids of traces are not those of the log, which works without a collector.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def start(service: str) -> bool:
    """Instrument this process and send its spans; return whether traces are on."""
    if not settings.OTLP_ENDPOINT:
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.celery import CeleryInstrumentor
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ImportError as error:
        raise ImproperlyConfigured(
            "OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "pip install -r requirements-traces.txt"
        ) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"mercato-{service}"}),
        sampler=ParentBased(TraceIdRatioBased(settings.TRACES_SHARE)),
    )
    exporter: Any = OTLPSpanExporter(endpoint=settings.OTLP_ENDPOINT)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()
    CeleryInstrumentor().instrument()
    return True
