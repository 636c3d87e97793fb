{{ config(pre_hook="{{ delete_touched('ingest_hour', 'touched_ingest_hours') }}") }}

with records as (
    select ingest_hour, coalesce(source, '(unknown)') as source, sum(count)::bigint as records
    from {{ source('lake', 'log_metrics_1h') }}
    where {{ is_touched('ingest_hour', 'ingest_hour', 'touched_ingest_hours') }}
    group by all
),

dead as (
    select ingest_hour, coalesce(source, '(unknown)') as source, count(*)::bigint as dead_letters
    from {{ source('lake', 'dead_letters') }}
    where {{ is_touched('ingest_hour', 'ingest_hour', 'touched_ingest_hours') }}
    group by all
)

select
    ingest_hour, source, coalesce(records, 0) as records, coalesce(dead_letters, 0) as dead_letters,
    coalesce(dead_letters, 0) / (coalesce(records, 0) + coalesce(dead_letters, 0))::double as dead_letter_ratio
from records full join dead using (ingest_hour, source)
