{{ config(pre_hook="{{ delete_touched('ingest_hour', 'touched_ingest_hours') }}") }}

select
    ingest_hour, topic, partition,
    coalesce(sum(messages) filter (stage = 'raw'), 0)::bigint as messages,
    coalesce(sum(messages) filter (outcome = 'dead'), 0)::bigint as dead_letters,
    max(appended_at_max) as newest_message_at
from {{ source('lake', 'ledger') }}
where {{ is_touched('ingest_hour', 'ingest_hour', 'touched_ingest_hours') }}
group by all
