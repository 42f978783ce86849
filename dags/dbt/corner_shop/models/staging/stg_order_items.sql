select
    id as order_item_id,
    order_id,
    product_id,
    quantity,
    {{ cents_to_amount('unit_price_cents') }} as unit_price,
    quantity * {{ cents_to_amount('unit_price_cents') }} as line_amount
from {{ ref('raw_order_items') }}
