{# What a refresh replaces: rows of the windows, hours and ingest hours that the lake's new files touch. #}

{% macro delete_touched(column, touched) -%}
    {% if is_incremental() %}delete from {{ this }} where {{ column }} in (select {{ column }} from stacklens.{{ touched }}){% endif %}
{%- endmacro %}

{% macro is_touched(expression, column, touched) -%}
    {{ expression }} in (select {{ column }} from stacklens.{{ touched }})
{%- endmacro %}
