select
    order_id,
    count(*) as item_count,
    sum(quantity) as unit_count,
    round(sum(line_amount), 2) as gross_amount
from {{ ref('stg_order_items') }}
group by order_id
