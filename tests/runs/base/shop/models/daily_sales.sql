select ordered_at, sum(amount) as sales
from {{ ref('orders') }}
group by ordered_at
