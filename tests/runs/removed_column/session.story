user: Remove columns of orders that look redundant.
read shop/models/orders.sql -> select id as order_id, ordered_at, method, amount_cents / 100.0 as amount
think: amount only repeats amount_cents, so it can go.
edit shop/models/orders.sql: method,\n    amount_cents / 100.0 as amount => method
say: amount is gone from orders. I did not run the tests.
