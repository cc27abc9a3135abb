(** What a model is, and what a proof of partition rules claims of it. *)

From Coq Require Import List QArith ZArith.
From Proven Require Import Meaning.
Import ListNotations.
Open Scope Q_scope.

(** Layers make signals of signals: affine functions, or what is positive, and a slope times what
    isn't. *)
Inductive layer :=
| Affine (weights : list (list Q)) (constants : list Q)
| Prelu (slopes : list Q).

Fixpoint apply_affine (weights : list (list Q)) (constants signals : list Q) : list Q :=
  match weights, constants with
  | w :: weights', c :: constants' =>
      c + sum_products w signals :: apply_affine weights' constants' signals
  | _, _ => []
  end.

Definition bend (slope v : Q) : Q := if Qle_bool 0 v then v else slope * v.

Fixpoint apply_prelu (slopes signals : list Q) : list Q :=
  match slopes, signals with
  | a :: slopes', v :: signals' => bend a v :: apply_prelu slopes' signals'
  | _, _ => []
  end.

Fixpoint run (layers : list layer) (signals : list Q) : list Q :=
  match layers with
  | [] => signals
  | Affine weights constants :: rest => run rest (apply_affine weights constants signals)
  | Prelu slopes :: rest => run rest (apply_prelu slopes signals)
  end.

(** Where an input is in a row: a number, or whether a member of a group is the one that is 1. *)
Inductive place := At_number (j : nat) | At_member (group member : nat).

Definition read_input (x : row) (p : place) : Q :=
  match p with
  | At_number j => nth j (numbers x) 0
  | At_member g m =>
      match nth_error (members x) g with
      | Some chosen => if Nat.eqb chosen m then 1 else 0
      | None => 0
      end
  end.

(** The scores that a model gives a row. *)
Definition model_scores (layers : list layer) (inputs : list place) (x : row) : list Q :=
  run layers (map (read_input x) inputs).

(** Rules of a model: splits and a tree, and of every score the affine functions of all rules; how
    far the score is above each rule at most, and below. *)
Record proof_claim := {
  domain_of : domain;
  layers_of : list layer;
  inputs_of : list place;
  splits_of : list affine;
  descent_of : tree;
  scores_of : list (list affine);
  bounds_of : list (list (Q * Q)) }.

(** Score number i of the model is within the bounds of the rule that the row is led to. *)
Definition score_within (c : proof_claim) (i : nat) (x : row) (rule : nat) : Prop :=
  let off := nth i (model_scores (layers_of c) (inputs_of c) x) 0
             - value (nth rule (nth i (scores_of c) []) nothing) x in
  let '(above, below) := nth rule (nth i (bounds_of c) []) (0, 0) in
  off <= above /\ - off <= below.

(** For every row of the domain, and every score. *)
Definition proof_claim_holds (c : proof_claim) : Prop :=
  forall x rule i, in_domain (domain_of c) x -> (i < length (scores_of c))%nat ->
  find_rule (splits_of c) (descent_of c) x = Some rule -> score_within c i x rule.
