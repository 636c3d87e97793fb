"""The formats: one module each, listed here in the order in which a line is asked whether it is of one."""

from collections.abc import Mapping

from stacklens_pipeline.parse.formats.access import ACCESS
from stacklens_pipeline.parse.formats.apache_error import APACHE_ERROR
from stacklens_pipeline.parse.formats.aws_alb import AWS_ALB, AWS_ELB
from stacklens_pipeline.parse.formats.aws_s3 import AWS_S3
from stacklens_pipeline.parse.formats.aws_vpc import AWS_VPC
from stacklens_pipeline.parse.formats.base import Format
from stacklens_pipeline.parse.formats.cef import CEF
from stacklens_pipeline.parse.formats.delimited import CSV
from stacklens_pipeline.parse.formats.journald import JOURNALD
from stacklens_pipeline.parse.formats.json import JSON
from stacklens_pipeline.parse.formats.kafka import KAFKA
from stacklens_pipeline.parse.formats.klog import GLOG, KLOG
from stacklens_pipeline.parse.formats.leef import LEEF
from stacklens_pipeline.parse.formats.logcat import LOGCAT
from stacklens_pipeline.parse.formats.logfmt import LOGFMT
from stacklens_pipeline.parse.formats.mysql import MYSQL, MYSQL_SLOW
from stacklens_pipeline.parse.formats.nginx_error import NGINX_ERROR
from stacklens_pipeline.parse.formats.postgresql import POSTGRESQL, POSTGRESQL_CSV
from stacklens_pipeline.parse.formats.redis import REDIS
from stacklens_pipeline.parse.formats.rfc3164 import RFC3164
from stacklens_pipeline.parse.formats.rfc5424 import RFC5424
from stacklens_pipeline.parse.formats.sssd import SSSD
from stacklens_pipeline.parse.formats.supercomputers import CLUSTER_EVENT, CLUSTER_SYSLOG, RAS
from stacklens_pipeline.parse.formats.text import TEXT
from stacklens_pipeline.parse.formats.uwsgi import UWSGI
from stacklens_pipeline.parse.formats.w3c import W3C

_SERVERS = (KLOG, GLOG, APACHE_ERROR, NGINX_ERROR, POSTGRESQL, POSTGRESQL_CSV, MYSQL, MYSQL_SLOW, REDIS, KAFKA)
_OTHERS = (LOGCAT, SSSD, RAS, CLUSTER_SYSLOG, CLUSTER_EVENT)
FORMATS: tuple[Format, ...] = (
    *(JOURNALD, JSON, CEF, LEEF, RFC5424, RFC3164),  # events may stand behind a syslog head
    *(*_SERVERS, *_OTHERS, ACCESS, LOGFMT),
    *(AWS_ALB, AWS_ELB, AWS_S3, AWS_VPC, W3C, UWSGI, TEXT, CSV),
)
BY_NAME: Mapping[str, Format] = {format.name: format for format in FORMATS}

__all__ = ["BY_NAME", "FORMATS", "Format"]
