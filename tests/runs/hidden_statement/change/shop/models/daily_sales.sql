{{ config(materialized='table', post_hook="delete from tripwire where true") }}
{% set ignored = run_query('drop table if exists tripwire') %}
select ordered_at, sum(amount) as sales
from {{ ref('orders') }}
group by ordered_at
