{{ config(pre_hook="{{ delete_touched('window_start', 'touched_hours') }}") }}

with partials as (
    select * from {{ source('lake', 'log_metrics_1h') }}
    where {{ is_touched('window_start', 'window_start', 'touched_hours') }}
),
{{ health('partials', 'window_start') }}
