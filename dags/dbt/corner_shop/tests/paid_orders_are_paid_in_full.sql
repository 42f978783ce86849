select order_id, net_amount, paid_amount, voucher_amount
from {{ ref('orders') }}
where status = 'completed'
    and abs(net_amount + voucher_amount - paid_amount) > 0.01
