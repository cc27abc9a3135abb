"""Refits of the rules that a document is of, added to what it is made of."""

from collections.abc import Callable
from dataclasses import replace

from relurules.codec.any_rules import digest_rules
from relurules.errors import DataError
from relurules.ir import AdditiveRules, RuleSet
from relurules.pipeline.document_folder import DocumentRequest
from relurules.pipeline.document_sources import DocumentSources
from relurules.validation.fit_record import read_fit_record
from relurules.validation.validate import TRAINING


def add_refits(
    rules: RuleSet | AdditiveRules,
    request: DocumentRequest,
    sources: DocumentSources,
    count: int,
    say: Callable[[str], None],
) -> DocumentRequest:
    """A document's request with so many refits. DataError without the folder of the fit and the
    table that it had.
    """
    if not count:
        return request
    table = sources.tables.get(TRAINING)
    if sources.fit is None or table is None:
        raise DataError(
            f"{count} refits need the fit's folder and its table; give fit (--fit) and data "
            "(--data), or leave refits out"
        )
    from relurules.training.refit_rows import refit_rules  # loads scikit-learn

    record = read_fit_record(sources.fit, digest_rules(rules))
    table = sources.paths.get(f"{TRAINING} rows", table)
    found = refit_rules(record, sources.fit, table, count, request.options.seed, say)

    return replace(request, known=request.known._replace(refits=tuple(found)))
