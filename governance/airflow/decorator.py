"""`@task.governed`: a function returns SQL or files; the gate judges them before anybody gets them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory

from governance.airflow.lineage import DecisionFacets
from governance.airflow.link import DecisionLink
from governance.airflow.operators import review_word

if TYPE_CHECKING:
    from airflow.sdk import Context


class GovernedDecoratedOperator(DecisionFacets, DecoratedOperator):
    """Runs the function inside a recorded run and judges what it returns.

    A string is SQL, judged in `dialect` under `profile` and, when given, `tables`; a mapping is
    files, path to text. The function records its reasoning through `governance.current_run()`, for
    example `current_run().pydantic_ai(result)`. With `execute_on` (`duckdb:///FILE` or an Airflow
    connection id) SQL that passed is executed, and rows and columns are part of what is returned.
    """

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, "policy", "execute_on")
    template_fields_renderers: ClassVar[dict[str, str]] = {**DecoratedOperator.template_fields_renderers}
    operator_extra_links = (DecisionLink(),)
    custom_operator_name = "@task.governed"
    ui_color = "#e8f0ec"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        dialect: str = "",
        profile: str = "",
        tables: Sequence[str] | None = None,
        policy: str = "",
        execute_on: str = "",
        on_review: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs, **kwargs)
        self.dialect = dialect
        self.profile = profile
        self.tables = tables
        self.policy = policy
        self.execute_on = execute_on
        self.on_review = review_word(on_review)

    def execute(self, context: "Context") -> dict[str, Any]:
        """Call the function, judge what it returned, record, execute if asked, or fail."""
        from governance.airflow.governed_function import govern_function

        return govern_function(self, context)


def governed_task(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> TaskDecorator:
    """Wrap a function that returns SQL or files, so that nothing leaves it unjudged."""
    return task_decorator_factory(
        python_callable=python_callable, decorated_operator_class=GovernedDecoratedOperator, **kwargs
    )
