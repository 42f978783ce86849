select ordered_at from daily_sales order by sales desc limit 1
