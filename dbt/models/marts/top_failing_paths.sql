{{ config(pre_hook="{{ delete_touched('window_start', 'touched_hours') }}") }}

with failures as (
    select
        date_trunc('hour', window_start) as window_start, coalesce(service_name, '(unknown)') as service_name,
        coalesce(http_method, '(unknown)') as http_method, coalesce(url_path, '(unknown)') as url_path, http_status,
        sum(count)::bigint as failures, max(last_seen) as last_seen
    from {{ source('lake', 'request_failures_5m') }}
    where {{ is_touched("date_trunc('hour', window_start)", 'window_start', 'touched_hours') }}
    group by all
)

select
    *,
    row_number() over (
        partition by window_start order by failures desc, service_name, http_method, url_path, http_status
    )::integer as rank_in_hour
from failures
qualify rank_in_hour <= 100
