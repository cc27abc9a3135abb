"""Rules with evidence and provenance made up for documents, and readers of what is printed."""

from dataclasses import replace
from html.parser import HTMLParser

import networkx
import numpy as np
from handmade import Array, network, random_network, rules_of

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Evidence, Graph, Head, Provenance, RuleFacts, RuleSet

MADE = Provenance("model.onnx", "ab" * 32, "9.9.9", {"time_limit": 60.0})
COLUMNS = (
    Column("age"),
    Column("job", (Category(("clerk",)), Category(("cook", "smith")), Category((), missing=True))),
    Column("debt", fill=3.5),
)


def with_evidence(rules: RuleSet, X: Array, y: Array, response: str = "default") -> RuleSet:
    """Evidence of coordinates X, (N, d), and numbers y, (N,); the metrics are made up."""
    number = rules.apply(X)
    inside = number > 0
    means, deviations = X[inside].mean(axis=0), X[inside].std(axis=0)
    facts = []
    for rule in rules:
        own = number == rule.number
        if not own.any():
            facts.append(RuleFacts(0, 0.0, None, None, {}, {"AUC": 0.5}, None))
            continue
        distance = (
            (X[own] - X[own].mean(axis=0)) ** 2 / np.where(deviations > 0, deviations, 1.0) ** 2
        ).sum(axis=1)
        typical = X[own][int(distance.argmin())]
        share = float(own.sum() / inside.sum())
        facts.append(
            RuleFacts(
                int(own.sum()),
                share,
                float(y[own].mean()),
                float(y[own].std()),
                {"AUC": 0.7},
                {"AUC": 0.6},
                typical,
            )
        )
    metrics = {"AUC": 0.76, "accuracy": 0.81, "log loss": 0.44}
    evidence = Evidence(
        "cd" * 32,
        len(X),
        int((~inside).sum()),
        response,
        "binary",
        metrics,
        means,
        deviations,
        tuple(facts),
    )
    return replace(
        rules, evidence=evidence, provenance=MADE, reduction=rules.reduction._replace(rows=len(X))
    )


def people(seed: int = 0) -> RuleSet:
    """Two outputs of one score, over a whole number, a category and a number that is filled."""
    domain = rr.Domain.over(COLUMNS).bounded({"age": (18.0, 80.0), "debt": (0.0, 10.0)})
    domain = replace(domain, integer=np.array([True, *domain.integer[1:]]))
    net = random_network(seed, d=5, K=3, m=1)
    net = replace(
        net,
        A=net.A * np.array([0.05, 1, 1, 1, 0.3]),
        b=net.b - 1.5,
        C=net.C * np.array([0.02, 1, 1, 1, 0.1]),
    )
    heads = (Head("complement", (0,)), Head("sigmoid", (0,)))
    graph = Graph(
        domain.names, ("pays", "defaults"), net, networkx.DiGraph(), heads=heads, columns=COLUMNS
    )
    random = np.random.default_rng(1)
    X = np.zeros((200, 5))
    X[:, 0], X[:, 4] = random.integers(16, 81, 200), random.uniform(0, 10, 200).round(1)
    X[np.arange(200), 1 + random.integers(0, 3, 200)] = 1
    rules = rr.extract(graph, domain=domain)
    return with_evidence(rules, X, (random.random(200) < 0.3).astype(float))


def sums(outputs: int = 1) -> RuleSet:
    """Conditions on sums of three columns, no links, no data."""
    net = network(
        [[1, 2, -0.5], [0.5, 1, 3]], [-1, 0.3], np.ones((outputs, 2)), C=np.ones((outputs, 3))
    )
    return rules_of(net, rr.Domain.box([-1] * 3, [1] * 3, ["a", "b", "c"]))


class Page(HTMLParser):
    """Tags in their order, whether they close, and all text."""

    VOID = frozenset({"meta", "br", "line", "rect", "link", "img", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.words.append("" if tag in ("b", "a", "span", "sup") else " ")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    @property
    def said(self) -> str:
        """All text in one line."""
        return " ".join("".join(self.words).replace("\u00a0", " ").split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]
