with gone as (delete from customers returning *)
select count(*) from gone
