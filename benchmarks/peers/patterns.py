"""The patterns that peers are given: anchored, ASCII, the same for all who take regular expressions, and Grok's own."""

from collections.abc import Mapping

from benchmarks.peers.lines import MIXES

DETECTED: Mapping[str, str] = {
    "json": r"^\{",
    "rfc5424": r"^<[0-9]{1,3}>[1-9] ",
    "rfc3164": r"^<[0-9]{1,3}>[A-Z]",
    "apache": r"^[^ ]+ [^ ]+ [^ ]+ \[[0-9]{2}/",
    "logfmt": r"^[a-z_]+=",
    "text": r"^[0-9-]{10} [0-9:]{8},[0-9]{3} ",
    "nginx_error": r"^[0-9/]{10} ",
    "klog": r"^[IWEF][0-9]{4} ",
    "cef": r"^CEF:",
    "postgresql": r"^[0-9-]{10} [0-9:]{8}\.[0-9]{3} UTC ",
}
"""How the lines of a format begin."""
OTHER = "other"
"""Lines that begin in no such way, as those within a trace: they are kept as they are."""

REGEXPS: Mapping[str, str] = {
    "apache": r'^([^ ]+) [^ ]+ ([^ ]+) \[([^\]]+)\] "([A-Z]+) ([^ "]+) HTTP/([0-9.]+)" ([0-9]{3}) ([0-9]+|-)'
    r' "([^"]*)" "([^"]*)"$',
    "rfc3164": r"^<([0-9]{1,3})>([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}) ([^ ]+) ([^ :\[]+)\[([0-9]+)\]: (.*)$",
    "rfc5424": r"^<([0-9]{1,3})>[0-9]+ ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)"
    r' (-|(?:\[[^\]"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^\]"]*)*\])+) ?(.*)$',
    "text": r"^([0-9-]{10} [0-9:]{8},[0-9]{3}) ([A-Z]+) \[([^\]]*)\] (.*)$",
    "nginx_error": r"^([0-9/]{10} [0-9:]{8}) \[([a-z]+)\] ([0-9]+)#[0-9]+: \*([0-9]+) ([^,]*), client: ([^,]*),"
    r' server: ([^,]*), request: "([^"]*)", upstream: "([^"]*)", host: "([^"]*)"$',
    "klog": r"^([IWEF])([0-9]{4} [0-9:]{8}\.[0-9]{6}) +([0-9]+) ([^:]+):([0-9]+)\] (.*)$",
    "cef": r"^CEF:([0-9]+)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([0-9]+)\|(.*)$",
    "postgresql": r"^([0-9-]{10} [0-9:]{8}\.[0-9]{3}) UTC \[([0-9]+)\] ([^@]+)@([^ ]+) ([A-Z]+):  (.*)$",
}
GROUPS: Mapping[str, str] = {
    "apache": "client user time:clf method path version status:int bytes:size referrer agent",
    "rfc3164": "pri:int time:bsd host app pid:int body",
    "rfc5424": "pri:int time:iso host app pid:int msgid data:parameters body",
    "text": "time:comma level thread body",
    "nginx_error": "time:slashes level pid:int connection:int body client server request upstream host",
    "klog": "level time:klog pid:int file at:int body",
    "cef": "version:int vendor product device_version signature name severity:int data:extension",
    "postgresql": "time:iso pid:int user_name db level body",
}
"""What the groups of a pattern are called, and their types where they are not text."""

NUMBERS: Mapping[str, tuple[str, ...]] = {
    "apache": ("status", "bytes"),
    "rfc3164": ("pid",),
    "rfc5424": ("pid",),
    "json": ("status", "bytes"),
    "logfmt": ("status",),
    "nginx_error": ("pid",),
    "klog": ("pid",),
    "cef": ("severity",),
    "postgresql": ("pid",),
}
"""The fields whose numbers are checked."""

PARAMETER = r'([^ ]+)="([^"]*)"'
"""A parameter of structured data."""
EXTENSION = r"([A-Za-z0-9]+)=([^=]*)(?: |$)"
"""A pair of CEF, whose value may hold blanks."""
PAIR = r'([^ =]+)=(?:"([^"]*)"|([^ ]*))'
"""A pair of logfmt."""

GROK: Mapping[str, str] = {
    "apache": "%{COMBINEDAPACHELOG}",
    "rfc3164": "<%{NONNEGINT:pri}>%{SYSLOGTIMESTAMP:time} %{SYSLOGHOST:host} %{SYSLOGPROG}: %{GREEDYDATA:message}",
    "rfc5424": "<%{NONNEGINT:pri}>%{NONNEGINT:version} %{TIMESTAMP_ISO8601:time} %{NOTSPACE:host} %{NOTSPACE:app}"
    r" %{NOTSPACE:pid} %{NOTSPACE:msgid} \[%{DATA:data}\] %{GREEDYDATA:message}",
    "text": r"%{TIMESTAMP_ISO8601:time} %{LOGLEVEL:level} \[%{DATA:thread}\] %{GREEDYDATA:message}",
    "nginx_error": r"%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day} %{TIME:time} \[%{LOGLEVEL:level}\] %{POSINT:pid}#"
    r"%{NONNEGINT:tid}: \*%{NONNEGINT:connection} %{DATA:message}, client: %{IPORHOST:client}, server: %{DATA:server}, "
    r'request: "%{DATA:request}", upstream: "%{DATA:upstream}", host: "%{DATA:host}"',
    "klog": r"(?<level>[IWEF])%{MONTHNUM:month}%{MONTHDAY:day} %{TIME:time} +%{POSINT:pid} %{NOTSPACE:file}:"
    r"%{POSINT:at}\] %{GREEDYDATA:message}",
    "cef": r"CEF:%{INT:version}\|%{DATA:vendor}\|%{DATA:product}\|%{DATA:device_version}\|%{DATA:signature}\|"
    r"%{DATA:name}\|%{INT:severity}\|%{GREEDYDATA:extension}",
    "postgresql": r"%{TIMESTAMP_ISO8601:time} UTC \[%{POSINT:pid}\] %{DATA:user}@%{NOTSPACE:database} %{WORD:level}:"
    "  %{GREEDYDATA:message}",
}
GROK_NUMBERS = {**{format: NUMBERS[format] for format in GROK if format in NUMBERS}, "apache": ("response", "bytes")}
"""The captures whose numbers are checked."""


def detected(mix: str) -> dict[str, str]:
    """How the lines of the formats of a mix begin."""
    return {format: pattern for format, pattern in DETECTED.items() if format in MIXES[mix]}
