select
    id as product_id,
    name as product_name,
    category,
    {{ cents_to_amount('price_cents') }} as price,
    {{ cents_to_amount('cost_cents') }} as cost
from {{ ref('raw_products') }}
