{# Percentiles of merged histograms. Buckets and their values are those of stacklens_pipeline/aggregate/histograms.py. #}

{% macro bucket_value(bucket) -%}
    case when {{ bucket }} = -2147483648 then 0.0
         else 2 / ((1.01 / 0.99) + 1) * exp({{ bucket }} * ln(1.01 / 0.99)) end
{%- endmacro %}

{# The bucket counts of partial rows, added up by the keys, with the running sum. Use as a common table expression. #}
{% macro merged_buckets(relation, keys) -%}
    select {{ keys | join(', ') }}, bucket, sum(n)::bigint as n,
           sum(sum(n)) over (partition by {{ keys | join(', ') }} order by bucket)::bigint as upto,
           sum(sum(n)) over (partition by {{ keys | join(', ') }})::bigint as total
    from (
        select {{ keys | join(', ') }}, unnest(duration_histogram, recursive := true)
        from {{ relation }}
    ) as entries(
        {{ keys | join(', ') }}, bucket, n)
    group by {{ keys | join(', ') }}, bucket
{%- endmacro %}

{# The value of rank floor(q * (total - 1)), within 1 %. To be grouped by the keys. #}
{% macro percentile(q) -%}
    min(case when upto > floor({{ q }} * (total - 1)) then {{ bucket_value('bucket') }} end)
{%- endmacro %}
