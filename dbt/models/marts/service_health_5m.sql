{{ config(pre_hook="{{ delete_touched('window_start', 'touched_windows') }}") }}

with partials as (
    select * from {{ source('lake', 'log_metrics_5m') }}
    where {{ is_touched('window_start', 'window_start', 'touched_windows') }}
),
{{ health('partials', 'window_start') }}
