{# Counts, error ratios and percentiles per service and window, of partial rows in the relation. Ends the query. #}
{% macro health(relation, window) -%}
named as (
    select * replace (coalesce(service_name, '(unknown)') as service_name) from {{ relation }}
),

buckets as (
    {{ merged_buckets('named', [window, 'service_name']) }}
),

percentiles as (
    select {{ window }}, service_name,
           {{ percentile(0.5) }} as duration_ms_p50, {{ percentile(0.95) }} as duration_ms_p95,
           {{ percentile(0.99) }} as duration_ms_p99
    from buckets
    group by {{ window }}, service_name
),

counts as (
    select
        {{ window }}, service_name, sum(count)::bigint as records,
        sum(count_debug)::bigint as records_debug, sum(count_info)::bigint as records_info,
        sum(count_warning)::bigint as records_warning, sum(count_error)::bigint as records_error,
        sum(count_critical)::bigint as records_critical, sum(count_unknown)::bigint as records_unknown,
        sum(request_count)::bigint as requests, sum(request_error_count)::bigint as failed_requests,
        sum(bytes_sent_sum)::bigint as bytes_sent,
        max(duration_ms_max) as duration_ms_max, max(observed_max) as observed_max
    from named
    group by {{ window }}, service_name
)

select
    {{ window }}, service_name, records, records_debug, records_info, records_warning, records_error, records_critical,
    records_unknown, (records_error + records_critical) / records::double as error_record_ratio,
    requests, failed_requests, failed_requests / nullif(requests, 0)::double as error_ratio,
    duration_ms_p50, duration_ms_p95, duration_ms_p99, duration_ms_max, bytes_sent, observed_max
from counts left join percentiles using ({{ window }}, service_name)
{%- endmacro %}
