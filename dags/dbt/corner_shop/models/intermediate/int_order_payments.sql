select
    order_id,
    round(sum(amount), 2) as paid_amount,
    round(sum(case when payment_method = 'voucher' then amount else 0 end), 2) as voucher_amount
from {{ ref('stg_payments') }}
group by order_id
