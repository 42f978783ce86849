select
    customer_id,
    customer_name,
    lifetime_amount,
    case
        when order_count = 0 then 'never bought'
        when lifetime_amount >= 80 then 'regular'
        else 'occasional'
    end as segment
from {{ ref('customers') }}
