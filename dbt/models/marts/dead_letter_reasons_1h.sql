{{ config(pre_hook="{{ delete_touched('ingest_hour', 'touched_ingest_hours') }}") }}

select
    ingest_hour, coalesce(source, '(unknown)') as source, reason, count(*)::bigint as dead_letters,
    min(detail) as detail, max(observed_timestamp) as last_seen
from {{ source('lake', 'dead_letters') }}
where {{ is_touched('ingest_hour', 'ingest_hour', 'touched_ingest_hours') }}
group by ingest_hour, coalesce(source, '(unknown)'), reason
