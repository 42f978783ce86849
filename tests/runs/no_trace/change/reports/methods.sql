select distinct method from orders
