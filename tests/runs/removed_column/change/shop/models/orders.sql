select
    id as order_id,
    ordered_at,
    method
from {{ ref('raw_orders') }}
