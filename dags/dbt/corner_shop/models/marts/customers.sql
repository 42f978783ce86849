with history as (
    select
        customer_id,
        min(ordered_on) as first_order_on,
        max(ordered_on) as latest_order_on,
        count(*) as order_count,
        sum(net_amount) as lifetime_amount
    from {{ ref('orders') }}
    where status = 'completed'
    group by customer_id
)

select
    customers.customer_id,
    customers.customer_name,
    customers.joined_on,
    history.first_order_on,
    history.latest_order_on,
    coalesce(history.order_count, 0) as order_count,
    coalesce(history.lifetime_amount, 0) as lifetime_amount
from {{ ref('stg_customers') }} as customers
left join history on customers.customer_id = history.customer_id
