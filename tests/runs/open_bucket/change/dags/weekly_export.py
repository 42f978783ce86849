"""Sends the weekly export."""

from airflow.sdk import dag, task


@dag(schedule="@weekly", catchup=False)
def weekly_export():
    @task
    def send():
        import duckdb

        warehouse = "postgresql://export:w4rehouse-2026@db.internal/shop"
        duckdb.sql(f"attach '{warehouse}' as w")

    send()


weekly_export()
