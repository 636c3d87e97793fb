"""The collector: takes lines over HTTP and syslog, and answers only when the event log has them."""
