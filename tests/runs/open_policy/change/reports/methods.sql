create table methods as select distinct method from orders
