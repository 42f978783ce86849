select
    id as order_id,
    ordered_at,
    method,
    amount_cents / 100.0 as amount
from {{ ref('raw_orders') }}
