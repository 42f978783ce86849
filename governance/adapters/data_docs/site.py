"""The site that the jailed worker has Great Expectations build; imported there only.

What cannot be made into an expectation of Great Expectations, such as one of an unknown type, would cost the
whole page of its model, and silently: it stands there as what could not be made, with its own words.
"""

import html
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core import (
    ExpectationSuite,
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
    RunIdentifier,
)
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

VIEWS = Path(__file__).parent / "views"
_RUN, _BATCH = "governance-check", "built"


class ExpectWhatCannotBeMade(BatchExpectation):
    """Stands for an expectation that Great Expectations cannot make; it is shown, and never run."""

    def _validate(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise NotImplementedError


class Page(DefaultJinjaPageView):
    """A page with our frame around Great Expectations' own content."""

    _template = "governance_page.j2"

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        theirs = self.env.loader
        self.env.loader = ChoiceLoader([FileSystemLoader(VIEWS), *([theirs] if theirs else ())])


class FirstPage(Page, DefaultJinjaIndexPageView):
    """The page that lists the others."""


def build_site(request: Mapping[str, Any], scratch: Path) -> Mapping[str, Any]:
    """Build the site of suites and their outcomes in the folder `pages`; raises when a page is missing."""
    pages = scratch / "pages"
    mimetypes.knownfiles = []  # of the system's, which the jail forbids to read
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    run = RunIdentifier(run_name=_RUN, run_time=datetime.fromisoformat(request["judged_at"]))
    for suite in request["suites"]:
        results = [_result(outcome) for outcome in suite["outcomes"]]
        configs = [result.expectation_config for result in results]
        context.suites.add(ExpectationSuite(suite["name"], expectations=configs))
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(suite["name"]), run, _BATCH)
        context.validation_results_store.set(key, _all(suite["name"], results, run))
    view = {"module_name": __name__, "class_name": Page.__name__}
    context.add_data_docs_site(
        "governance",
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(pages)},
            "site_index_builder": {
                "class_name": "DefaultSiteIndexBuilder",
                "view": {"module_name": __name__, "class_name": FirstPage.__name__},
            },
            "site_section_builders": {
                "expectations": {"view": view},
                "validations": {"view": view},
                "profiling": "None",
            },
        },
    )
    context.build_data_docs(["governance"])
    _refuse_gaps(pages, len(request["suites"]))
    return {}


def _refuse_gaps(pages: Path, suites: int) -> None:
    """Great Expectations only logs what it could not draw."""
    for section in ("expectations", "validations"):
        drawn = len(list((pages / section).rglob("*.html")))
        if drawn != suites:
            raise RuntimeError(f"Great Expectations drew {drawn} of {suites} pages of {section}")


def _result(outcome: Mapping[str, Any]) -> Any:
    kept = outcome["result"]
    info = dict(kept["exception_info"])
    if info["raised_exception"]:
        info["exception_traceback"] = "It is not kept."  # the page needs a text
    result = dict(kept["result"])
    if "samples" in outcome:
        result["partial_unexpected_list"] = [html.escape(sample) for sample in outcome["samples"]]
    return ExpectationValidationResult(
        success=kept["success"],
        expectation_config=_config(kept["expectation_config"]),
        result=result,
        exception_info=info,
    )


def _config(kept: Mapping[str, Any]) -> Any:
    config = ExpectationConfiguration(type=kept["type"], kwargs=dict(kept["kwargs"]))
    try:
        config.to_domain_obj()
    except Exception:  # an unknown type, or arguments that it does not take
        arguments = ", ".join(f"{key}={value!r}" for key, value in kept["kwargs"].items())
        words = html.escape(f"{kept['type']}({arguments})")  # a description stands in the page as it is
        return ExpectationConfiguration(type="expect_what_cannot_be_made", kwargs={}, description=words)
    return config


def _all(name: str, results: Sequence[Any], run: Any) -> Any:
    met = sum(bool(result.success) for result in results)
    statistics = {
        "evaluated_expectations": len(results),
        "successful_expectations": met,
        "unsuccessful_expectations": len(results) - met,
        "success_percent": met / len(results) * 100 if results else None,
    }
    meta = {
        "great_expectations_version": gx.__version__,
        "run_id": run,
        "active_batch_definition": {"data_asset_name": name},
    }
    return ExpectationSuiteValidationResult(
        success=met == len(results), results=list(results), suite_name=name, statistics=statistics, meta=meta
    )
