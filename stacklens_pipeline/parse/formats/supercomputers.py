"""Logs of supercomputers, as their archives write them: an alert's label, the time of receipt, a node, and the message.

BlueGene/L has RAS events (`- 1117838570 2005.06.03 NODE TIME NODE RAS KERNEL INFO text`), Thunderbird, Spirit and
Liberty syslog (`- 1131566461 2005.11.09 NODE Nov 9 12:01:01 NODE/NODE crond[2915]: text`), Los Alamos' clusters events
(`134681 node-246 unix.hw state_change.unavailable 1077804742 1 text`). Sources: the USENIX computer failure data
repository, and Oliner and Stearley, "What Supercomputers Say" (2007).
"""

from stacklens_pipeline.parse.formats.line_layout import Layout

_RECEIVED = r"(?P<label>-|[A-Z0-9_]+) (?P<time>[0-9]{9,10}) [0-9]{4}\.[0-9]{2}\.[0-9]{2} "
_IS_RECEIVED = r"(?:-|[A-Z0-9_]+) [0-9]{9,10} [0-9]{4}\.[0-9]{2}\.[0-9]{2} [^ ]+ "
_FIRST = "-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LABEL = {"label": "alert.label"}

RAS = Layout(
    "ras",
    (
        rf"{_RECEIVED}[^ ]+ (?P<local>[0-9.-]+) (?P<host_name>[^ ]+) (?P<kind>[A-Z]+) (?P<logger>[^ ]+)"
        r" (?P<level>[A-Z]+)",
    ),
    members={**_LABEL, "kind": "event.type", "local": "event.time"},
).format(_IS_RECEIVED, _IS_RECEIVED + "[0-9]{4}-[0-9]{2}-[0-9]{2}-", first=_FIRST)

CLUSTER_SYSLOG = Layout(
    "cluster_syslog",
    (
        rf"{_RECEIVED}(?P<host_name>[^ ]+) [A-Z][a-z]{{2}} +[0-9]{{1,2}} [0-9:]{{8}} (?P<place>[^ ]+)"
        r" (?P<service_name>[^ :\[]+)(?:\[(?P<pid>[^\]]*)\])?:",
        rf"{_RECEIVED}(?P<host_name>[^ ]+) [A-Z][a-z]{{2}} +[0-9]{{1,2}} [0-9:]{{8}} (?P<place>[^ ]+)",
    ),
    members={**_LABEL, "place": "host.id"},
).format(_IS_RECEIVED, _IS_RECEIVED + "[A-Z][a-z]{2} +[0-9]{1,2} [0-9:]{8} ", first=_FIRST)

_EVENT = "[0-9]{1,9} [^ ]+ [A-Za-z_.-]+ [A-Za-z_.-]+ [0-9]{9,10} -?[0-9]{1,2} "
CLUSTER_EVENT = Layout(
    "cluster_event",
    (
        r"(?P<event_number>[0-9]+) (?P<host_name>[^ ]+) (?P<logger>[^ ]+) (?P<state>[^ ]+) (?P<time>[0-9]{9,10})"
        r" (?P<flag>-?[0-9]+)",
    ),
    members={"event_number": "event.id", "state": "event.action", "flag": "event.flag"},
).format(_EVENT, _EVENT, first="123456789")
