"""The formats: one module each, listed here in the order in which a line is asked whether it is of one."""

from collections.abc import Mapping

from stacklens_pipeline.parse.formats.access import ACCESS
from stacklens_pipeline.parse.formats.aws_alb import AWS_ALB, AWS_ELB
from stacklens_pipeline.parse.formats.aws_s3 import AWS_S3
from stacklens_pipeline.parse.formats.aws_vpc import AWS_VPC
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.cef import CEF
from stacklens_pipeline.parse.formats.delimited import CSV
from stacklens_pipeline.parse.formats.journald import JOURNALD
from stacklens_pipeline.parse.formats.json import JSON
from stacklens_pipeline.parse.formats.leef import LEEF
from stacklens_pipeline.parse.formats.logfmt import LOGFMT
from stacklens_pipeline.parse.formats.rfc3164 import RFC3164
from stacklens_pipeline.parse.formats.rfc5424 import RFC5424
from stacklens_pipeline.parse.formats.text import TEXT
from stacklens_pipeline.parse.formats.uwsgi import UWSGI
from stacklens_pipeline.parse.formats.w3c import W3C

FORMATS: tuple[Format, ...] = (
    *(JOURNALD, JSON, CEF, LEEF, RFC5424, RFC3164, ACCESS, LOGFMT),  # events may stand behind a syslog head
    *(AWS_ALB, AWS_ELB, AWS_S3, AWS_VPC, W3C, UWSGI, TEXT, CSV),
)
BY_NAME: Mapping[str, Format] = {format.name: format for format in FORMATS}

__all__ = ["BY_NAME", "FORMATS", "Format"]
