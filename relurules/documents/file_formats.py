"""The formats in which a signed document may stand in its folder, by the ends of their files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relurules.documents.document import Document
from relurules.documents.docx import print_docx
from relurules.documents.extras import import_extra
from relurules.documents.formats import print_page
from relurules.documents.html import print_html
from relurules.documents.latex import print_latex
from relurules.documents.markdown import print_markdown
from relurules.documents.pdf import print_pdf
from relurules.documents.try_page import PageScorer, Untried
from relurules.documents.validated import ValidatedRules
from relurules.documents.workbook import print_xlsx
from relurules.errors import UnsupportedError


@dataclass(frozen=True, kw_only=True)
class PrintRequest:
    """document: the content, the same for all formats; found: what it was made of; scorer: with
    which HTML can be tried, None for a document without scripts.
    """

    document: Document
    found: ValidatedRules
    scorer: PageScorer | Untried | None = None


class FileFormat(NamedTuple):
    """file: its name; print: what it holds; needs: (module, package) of packages that aren't
    installed with this one.
    """

    file: str
    print: Callable[[PrintRequest], str | bytes]
    needs: tuple[tuple[str, str], ...] = ()


def _print_html(request: PrintRequest) -> str:
    if request.scorer is None:
        return print_html(request.document)
    return print_page(request.document, request.found.rules, request.scorer)


_TYPST = ("typst", "typst")
#: Name -> format.
FILE_FORMATS: Mapping[str, FileFormat] = {
    "html": FileFormat("rules.html", _print_html),
    "md": FileFormat("rules.md", lambda request: print_markdown(request.document)),
    "tex": FileFormat("rules.tex", lambda request: print_latex(request.document)),
    "pdf": FileFormat("rules.pdf", lambda request: print_pdf(request.document), (_TYPST,)),
    "docx": FileFormat(
        "rules.docx",
        lambda request: print_docx(request.document),
        (("docx", "python-docx"), _TYPST),
    ),
    "xlsx": FileFormat(
        "rules.xlsx",
        lambda request: print_xlsx(request.document, request.found),
        (("xlsxwriter", "xlsxwriter"),),
    ),
}
#: Written where nobody names formats: what needs no other package.
USUAL_FORMATS = ("html", "md", "tex")


def check_formats(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once; UnsupportedError for one that there isn't, and where its package is
    missing, before any work.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in FILE_FORMATS:
            raise UnsupportedError(
                f"a document can't be written as {name!r}; supported: {', '.join(FILE_FORMATS)}"
            )
        for module, package in FILE_FORMATS[name].needs:
            import_extra(module, package, name)
    if not wanted:
        raise UnsupportedError(f"no format was named; supported: {', '.join(FILE_FORMATS)}")

    return wanted
