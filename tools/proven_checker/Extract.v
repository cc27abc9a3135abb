(** The checker as OCaml. Integers become those of Zarith, and [nat] (places in lists) int: of this
    Coq proves nothing. *)

From Coq Require Import Extraction ExtrOcamlBasic ExtrOcamlNatInt ExtrOcamlZBigInt.
From Proven Require Import Meaning Cells Trees Answers Judging Networks Composition.

Extraction "judging" judge judge_proof.
