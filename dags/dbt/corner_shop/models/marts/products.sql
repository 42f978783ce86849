select
    products.product_id,
    products.product_name,
    products.category,
    products.price,
    products.price - products.cost as margin,
    coalesce(sum(items.quantity), 0) as units_sold,
    coalesce(sum(items.line_amount), 0) as revenue
from {{ ref('stg_products') }} as products
left join {{ ref('stg_order_items') }} as items on products.product_id = items.product_id
group by all
