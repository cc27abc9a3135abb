(** What the checker says is true. An auditor reads Meaning.v and Networks.v, and here what
    [judge_right] and [judge_proof_right] say. *)

From Coq Require Import List QArith ZArith Bool Arith.
From Proven Require Import Meaning Networks Answers Judging Starts AnswersHold Composition
  CompositionHolds.
Import ListNotations.
Open Scope Q_scope.

Lemma check_range_holds d s e by_ v : check_range d s e by_ = Some v -> range_holds d s e.
Proof. destruct by_; [apply check_parts_hold|apply check_rules_hold]. Qed.

Lemma check_range_covers d s e by_ v :
  check_range d s e by_ = Some v -> covers v = true -> forall x, exists y, score s x = Some y.
Proof.
  unfold check_range, check_parts, check_rules, score.
  destruct by_ as [parts|complete own trees paths].
  - destruct (add_up s parts && ends_add_up s e parts) eqn:sums; [|easy]; intros _ _ x.
    apply andb_prop in sums as [sums _]; apply andb_prop in sums as [_ form].
    destruct (descent s) as [[[|]|]|]; try easy; simpl; eauto.
  - destruct check_from as [n|]; [|easy]; destruct check_ways as [p|] eqn:walked; [|easy].
    destruct (paths_left p); [|easy]; intros [= <-] all x.
    destruct (check_ways_cover _ _ _ _ _ _ _ _ _ x walked all) as [_ some].
    destruct find_rule; [eauto|easy].
Qed.

Lemma all_within_holds ranges values :
  all_within ranges values = true -> Forall2 within ranges values.
Proof.
  revert values; induction ranges as [|r ranges IH]; intros [|v values]; simpl; try easy.
  intros both; apply andb_prop in both as [first others]; constructor; auto.
  now apply within_bool_iff.
Qed.

Lemma all_possible_holds groups ms : all_possible groups ms = true -> Forall2 possible groups ms.
Proof.
  revert ms; induction groups as [|g groups IH]; intros [|m ms]; simpl; try easy.
  intros both; apply andb_prop in both as [first others]; constructor; auto.
  now apply possible_bool_iff.
Qed.

Lemma in_domain_holds d x : in_domain_bool d x = true -> in_domain d x.
Proof.
  unfold in_domain_bool; intros inside; apply andb_prop in inside as [inside in_limits].
  apply andb_prop in inside as [in_box in_groups].
  split; [now apply all_within_holds|split; [now apply all_possible_holds|]].
  intros l from; rewrite forallb_forall in in_limits; apply Qle_bool_iff, in_limits, from.
Qed.

Lemma check_row_holds d s least r : check_row d s least r = true -> row_reaches d s least r.
Proof.
  unfold check_row; intros all; apply andb_prop in all as [inside scored].
  split; [now apply in_domain_holds|].
  destruct score as [v|]; [|easy]; exists v; split; [easy|].
  destruct least; now apply Qle_bool_iff.
Qed.

Lemma check_shown_holds c least limit r r' :
  check_shown c least limit r = true -> r = Some r' ->
  row_reaches (of_domain c) (of_score c) least r'.
Proof. intros all ->; destruct limit; [now apply check_row_holds|easy]. Qed.

(** A claim that the checker accepts is true, whatever the evidence is; and where the verdict says
    so, every row of the domain has a score. *)
Theorem judge_right (c : claim) (by_ : evidence) (v : verdict) :
  judge c by_ = Some v -> claim_holds c /\ (covers v = true -> all_have_rules c).
Proof.
  unfold judge; destruct (in_order _ && _ && _) eqn:all; [|easy]; intros checked.
  apply andb_prop in all as [all second]; apply andb_prop in all as [_ first].
  split; [split; [|split]; eauto using check_range_holds, check_shown_holds|].
  intros covered x _; eapply check_range_covers; eauto.
Qed.

Print Assumptions judge_right.

Lemma show_points_holds c points conditions :
  show_points c points conditions = true -> exists x, in_domain (domain_of c) x.
Proof.
  unfold show_points; intros both; apply andb_prop in both as [all some].
  apply existsb_exists in some as [[x own] [known _]]; apply in_combine_l in known.
  rewrite forallb_forall in all; exists x; now apply in_domain_holds, all.
Qed.

(** Of a model and its partition rules: what is accepted is true, of a domain that isn't empty; and
    where a verdict says so, every row has a rule. *)
Theorem judge_proof_right (c : proof_claim) (e : proof_evidence) (vs : list verdict) :
  judge_proof c e = Some vs ->
  proof_claim_holds c /\ (exists x, in_domain (domain_of c) x) /\
  (forall v x, In v vs -> covers v = true -> find_rule (splits_of c) (descent_of c) x <> None).
Proof.
  unfold judge_proof; destruct compose_model as [n|] eqn:composed; [|easy].
  destruct (_ && _ && _) eqn:first; [|easy]; intros checked.
  apply andb_prop in first as [lengths points]; apply andb_prop in lengths as [as_many _].
  split; [|split; [exact (show_points_holds _ _ _ points)|]].
  - intros x rule i in_d small found; apply Nat.eqb_eq in as_many; rewrite <- as_many in small.
    destruct (check_scores_each _ _ _ _ _ _ _ _ checked small) as [own [v here]].
    eapply check_score_holds; eauto.
  - intros v x known; eapply check_scores_cover; eauto.
Qed.

Print Assumptions judge_proof_right.
