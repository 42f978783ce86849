"""A live pydantic-ai agent that needs no key: a function stands in for the model."""

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from governance import current_run

QUESTION = "Which region sold most?"

HASTY = (
    "with gone as (delete from raw_customers where joined_on < date '2024-03-01' returning id)\n"
    "select region, sum(net_sales) as net_sales from store_sales, gone group by region"
)
CORRECTED = (
    "select region, sum(net_sales) as net_sales\nfrom store_sales\ngroup by region\norder by net_sales desc"
)


def answer(hasty: bool) -> str:
    """SQL that answers the question; the agent's messages go into the current run."""
    sql = HASTY if hasty else CORRECTED
    thought = (
        "Old customers distort the figures, so I delete them on the way; one statement does both."
        if hasty
        else "The first attempt was refused: it deleted rows. store_sales has all I need, so I only read it."
    )

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(
                [ThinkingPart(thought), ToolCallPart("describe_table", {"table": "store_sales"})]
            )
        return ModelResponse([ThinkingPart("store_sales has region and net_sales."), TextPart(sql)])

    agent = Agent(FunctionModel(model), name="analyst")

    @agent.tool_plain
    def describe_table(table: str) -> str:
        """Columns of a table."""
        return f"{table}: store_id, store_name, region, order_count, net_sales"

    result = agent.run_sync(QUESTION)
    run = current_run()
    if run is not None:
        run.pydantic_ai(result)
    return result.output
