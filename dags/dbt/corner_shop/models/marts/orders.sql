with totals as (
    select * from {{ ref('int_order_totals') }}
),

payments as (
    select * from {{ ref('int_order_payments') }}
)

select
    orders.order_id,
    orders.customer_id,
    orders.store_id,
    orders.ordered_on,
    orders.status,
    totals.item_count,
    totals.gross_amount,
    coalesce(payments.paid_amount, 0) as paid_amount,
    coalesce(payments.voucher_amount, 0) as voucher_amount,
    totals.gross_amount - coalesce(payments.voucher_amount, 0) as net_amount
from {{ ref('stg_orders') }} as orders
inner join totals on orders.order_id = totals.order_id
left join payments on orders.order_id = payments.order_id
