"""The walk, one stage after the other: what each takes and gives, and the only place that runs
them.

    stage      takes                  gives           where
    trace      the user's model       Graph           tracing/       the network, in canonical form
    collapse   Network, Domain        CollapseResult  networks/      fewer neurons, and what changed
    partition  Network, Domain        Partition       partitioning/  tree of linear regions
    drop       Partition              Partition       networks/      without neurons of one sign
    rules      Partition              RuleSet         rules/         merged, numbered, scaled
               Network, RuleSets      AdditiveRules   rules/         lines, and groups as rules
    emit       RuleSet                Artifact        emitting/      text in a language
               RuleSet                Artifact        documents/     the rule document
    verify     Artifact, model, rows  Report          verifying/     run beside the model

Every value is defined in `ir`; the stages don't know one another. `api` holds the public functions.
"""
