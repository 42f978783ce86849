select
    ordered_on as sales_day,
    store_id,
    count(*) as order_count,
    sum(net_amount) as net_sales,
    sum(voucher_amount) as voucher_sales
from {{ ref('orders') }}
where status = 'completed'
group by ordered_on, store_id
