select method, count(distinct order_id) as orders, sum(amount) as sales
from {{ ref('orders') }}
group by method
