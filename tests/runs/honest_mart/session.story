user: Add a mart payment_methods with the orders and sales per payment method, with tests, and run them.
read shop/models/orders.sql -> select id as order_id, ordered_at, method, amount_cents / 100.0 as amount
think: One row per method; an order has one method, so counting distinct orders is safe.
write shop/models/payment_methods.sql: select method, count(distinct order_id) as orders, sum(amount) as sales\nfrom {{ ref('orders') }}\ngroup by method\n
write shop/models/payment_methods.yml: version: 2\n\nmodels:\n  - name: payment_methods\n    description: Orders and sales per payment method.\n    columns:\n      - name: method\n        description: Key of the payment method.\n        data_tests: [unique, not_null]\n
run: cd shop && dbt build -s payment_methods -> Done. PASS=3 WARN=0 ERROR=0 SKIP=0 TOTAL=3
say: payment_methods is in place; its 2 tests pass.
