{# How many whole times one whole number (a decimal without places) goes into another. #}
{% macro whole_quotient(amount, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'nines')(amount, divisor)) }}
{%- endmacro %}

{% macro duckdb__whole_quotient(amount, divisor) -%}
    (cast({{ amount }} as hugeint) // cast({{ divisor }} as hugeint))
{%- endmacro %}

{% macro spark__whole_quotient(amount, divisor) -%}
    cast((({{ amount }}) - ({{ amount }}) % {{ divisor }}) / {{ divisor }} as decimal(28, 0))
{%- endmacro %}
