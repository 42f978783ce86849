user: Which day sold most? Use only orders and daily_sales.
think: daily_sales has it per day.
say: select ordered_at from daily_sales order by sales desc limit 1
