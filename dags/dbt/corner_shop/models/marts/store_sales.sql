select
    stores.store_id,
    stores.store_name,
    stores.region,
    sum(sales.order_count) as order_count,
    sum(sales.net_sales) as net_sales
from {{ ref('stg_stores') }} as stores
inner join {{ ref('daily_sales') }} as sales on stores.store_id = sales.store_id
group by stores.store_id, stores.store_name, stores.region
