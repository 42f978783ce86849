select
    id as order_id,
    customer_id,
    store_id,
    ordered_on,
    status
from {{ ref('raw_orders') }}
