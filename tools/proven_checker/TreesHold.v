(** A tree that is walked to its end shows that its targets are met everywhere in its cell. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees Shares TakesHold.
Import ListNotations.
Open Scope Q_scope.

(** Weights over a denominator, times numbers. *)
Fixpoint weigh (d : positive) (ws : list Z) (parts : list Q) : Q :=
  match ws, parts with
  | w :: ws', p :: parts' => (w # d) * p + weigh d ws' parts'
  | _, _ => 0
  end.

Section Point.

(** The true numbers at a point, in units: of lines, and of the score without lines. *)
Variables (ctx : context) (u : row) (lines : list Q) (beside : Q).

Let parts := map positive_part lines.

Hypothesis lines_known : forall k f,
  nth_error (line_forms ctx) k = Some f -> encloses f (nth k lines 0) u.
Hypothesis own_known : encloses (own ctx) beside u.

Lemma make_row_evaluates f (side : bool) :
  evaluate (make_row f side) u
  == (if side then evaluate (centre f) u else - evaluate (centre f) u) + inject_Z (radius f).
Proof.
  destruct side; [|rewrite <- evaluate_negate]; unfold make_row, evaluate; simpl;
    rewrite inject_Z_plus; ring.
Qed.

Lemma add_row_inside c v : inside c parts u -> 0 <= evaluate v u -> inside (add_row c v) parts u.
Proof.
  intros [units in_rows groups known apart] sign; constructor; simpl; auto.
  intros w strict found; apply in_app_or in found as [|[[= <- <-]|[]]]; [now apply in_rows|easy].
Qed.

Lemma cut_inside c k f :
  inside c parts u -> nth_error (line_forms ctx) k = Some f ->
  inside (cut c k f false) parts u \/ inside (cut c k f true) parts u.
Proof.
  intros here line; pose proof (lines_known _ _ line) as known.
  destruct (Qlt_le_dec 0 (nth k lines 0)); [right|left];
    (apply tell_part_inside;
     [apply add_row_inside; auto; rewrite make_row_evaluates; unfold encloses, near in known; lra
     |apply part_form_encloses; [easy|lia|change (inject_Z 0) with 0; lra]]).
Qed.

Lemma keep_members_allowed member g allowed ms :
  Forall2 (fun own m => In m own) allowed ms ->
  exists is, Forall2 (fun own m => In m own)
    (keep_members (fun m => Bool.eqb (Nat.eqb m member) is) g allowed) ms.
Proof.
  intros here; revert g; induction here as [|own m allowed ms first others IH].
  - exists true; destruct g; constructor.
  - intros [|g]; simpl.
    + exists (Nat.eqb m member); constructor; [|easy].
      apply filter_In; split; [easy|apply eqb_reflx].
    + destruct (IH g) as [is known]; exists is; constructor; auto.
Qed.

Lemma choose_inside c g m : inside c parts u -> exists is, inside (choose c g m is) parts u.
Proof.
  intros [units in_rows groups known apart].
  destruct (keep_members_allowed m g _ _ groups) as [is kept]; exists is; constructor; auto.
Qed.

Lemma has_member c : inside c parts u -> has_no_member c = false.
Proof.
  intros here; pose proof (in_allowed _ _ _ here) as groups; unfold has_no_member.
  induction groups as [|[|] m allowed ms first _ IH]; simpl; auto; destruct first.
Qed.

(** ** Scores *)

Lemma times_near w r v e :
  near r v e -> near (Z.abs w * r) (inject_Z w * v) (inject_Z w * e).
Proof.
  unfold near; intros []; rewrite inject_Z_mult.
  destruct (Z.le_gt_cases 0 w) as [sign|sign].
  - rewrite Z.abs_eq by lia; rewrite Zle_Qle in sign.
    change (inject_Z 0) with 0 in sign; split; nra.
  - rewrite Z.abs_neq, inject_Z_opp by lia; rewrite Zlt_Qlt in sign.
    change (inject_Z 0) with 0 in sign; split; nra.
Qed.

Lemma weigh_nothing d ws : weigh d ws [] == 0.
Proof. destruct ws; reflexivity. Qed.

(** Weights times the numbers that a function gives their places. *)
Fixpoint total (ws : list Z) (f : nat -> Q) : Q :=
  match ws with
  | [] => 0
  | w :: ws' => inject_Z w * f O + total ws' (fun k => f (S k))
  end.

Lemma total_zero ws f : (forall k, f k == 0) -> total ws f == 0.
Proof.
  revert f; induction ws as [|w ws IH]; simpl; intros f none; [easy|].
  rewrite none, IH by auto; ring.
Qed.

Lemma total_add a b f : total (add_lists a b) f == total a f + total b f.
Proof.
  revert b f; induction a as [|c a IH]; intros [|e b] f; simpl; try ring.
  rewrite IH, inject_Z_plus; ring.
Qed.

Lemma total_minus ws f g : total ws (fun k => f k - g k) == total ws f - total ws g.
Proof. revert f g; induction ws as [|w ws IH]; simpl; intros f g; [|rewrite IH]; ring. Qed.

Lemma total_at i w f : total (repeat 0%Z i ++ [w]) f == inject_Z w * f i.
Proof.
  revert f; induction i as [|i IH]; simpl; intros f; [ring|].
  rewrite IH; change (inject_Z 0) with 0; ring.
Qed.

Lemma weigh_total ws ps : weigh 1 ws ps == total ws (fun k => nth k ps 0).
Proof.
  revert ps; induction ws as [|w ws IH]; intros [|p ps]; cbn [weigh total nth]; try easy.
  - rewrite total_zero by easy; ring.
  - rewrite IH; unfold inject_Z; ring.
Qed.

(** What was subtracted from a line's positive part in what was told of it. *)
Definition taken_off (told : list (option telling)) (ps : list Q) (k : nat) : Q :=
  match nth_error told k with Some (Some t) => subtracted t ps | _ => 0 end.

Lemma pass_on_total ws told ps f :
  (forall k t i, nth_error told k = Some (Some t) -> more_than t = Some i -> f i == nth i ps 0) ->
  total (pass_on ws told) f == total ws (taken_off told ps).
Proof.
  revert told; induction ws as [|w ws IH]; intros told known; [easy|].
  destruct told as [|t told]; [symmetry; apply total_zero; now intros [|k]|].
  assert (total (pass_on ws told) f == total ws (taken_off told ps)) as others.
  { apply IH; intros k; exact (known (S k)). }
  change (total (w :: ws) (taken_off (t :: told) ps))
    with (inject_Z w * taken_off (t :: told) ps O + total ws (taken_off told ps)).
  specialize (known O); unfold taken_off at 1; simpl in *.
  destruct t as [[shape [i|]]|]; unfold subtracted; simpl; rewrite <- others; try ring.
  rewrite total_add, total_at, (known _ i eq_refl eq_refl); ring.
Qed.

(** Lines' weights times their positive parts are the passed weights times what was told. *)
Lemma passed_total ws told ps :
  changes_apart told ->
  total (add_lists (pass_on ws told) ws) (fun k => nth k ps 0 - taken_off told ps k)
  == weigh 1 ws ps.
Proof.
  intros apart; rewrite total_add, (pass_on_total ws told ps), total_minus, weigh_total; [ring|].
  intros k t i found more; unfold taken_off.
  destruct (nth_error told i) as [[t'|]|] eqn:other; try ring; unfold subtracted.
  rewrite (apart _ _ _ _ found more other); ring.
Qed.

Lemma sum_told_encloses ws told f sum :
  (forall k t, nth_error told k = Some (Some t) -> encloses (says t) (f k) u) ->
  sum_told ws told = Some sum -> encloses sum (total ws f) u.
Proof.
  unfold encloses; revert told f sum; induction ws as [|w ws IH]; intros told f sum known.
  - intros [= <-]; unfold near; cbn [centre radius total]; rewrite evaluate_zero.
    change (inject_Z 0) with 0; lra.
  - destruct told as [|t told]; [easy|]; cbn [sum_told total].
    destruct (sum_told ws told) as [rest|] eqn:found; [|easy].
    assert (near (radius rest) (total ws (fun k => f (S k))) (evaluate (centre rest) u)) as others.
    { apply (IH told); auto; intros k; exact (known (S k)). }
    destruct (Z.eqb_spec w 0) as [->|].
    + intros [= <-]; unfold near in *.
      setoid_replace (inject_Z 0 * f O) with 0 by ring; lra.
    + destruct t as [[shape more]|]; [|easy]; intros [= <-]; cbn [centre radius].
      pose proof (times_near w _ _ _ (known O _ eq_refl)) as first; unfold near in *.
      cbn [says] in first; rewrite evaluate_add, evaluate_scale, inject_Z_plus; lra.
Qed.

Lemma told_known c k t :
  inside c parts u -> nth_error (told c) k = Some (Some t) ->
  encloses (says t) (nth k parts 0 - taken_off (told c) parts k) u.
Proof. intros here found; unfold taken_off; rewrite found; now apply (in_told _ _ _ here). Qed.

Lemma weigh_over d ws ps : weigh d ws ps == weigh 1 ws ps * (1 # d).
Proof.
  revert ps; induction ws as [|w ws IH]; intros [|p ps]; simpl; try ring.
  rewrite IH, (over_one w d); unfold inject_Z; ring.
Qed.

Lemma score_form_encloses c s :
  inside c parts u -> score_form ctx c = Some s ->
  encloses s (beside + weigh (denominator ctx) (weights ctx) parts) u.
Proof.
  intros here; unfold score_form; destruct sum_told as [sum|] eqn:found; [|easy].
  set (d := denominator ctx).
  pose proof (round_encloses (divide (centre sum) d) u (in_units _ _ _ here)) as rounded.
  revert rounded; generalize (round_form (divide (centre sum) d)) as quotient.
  intros quotient rounded [= <-].
  pose proof (sum_told_encloses _ _ _ _ (fun k t => told_known c k t here) found) as [high low].
  rewrite (passed_total _ _ _ (in_changes _ _ _ here)) in high, low.
  pose proof (round_up_bounds (radius sum) (Zpos d) eq_refl) as up.
  rewrite Zle_Qle, inject_Z_mult in up; unfold encloses, near in *; cbn [centre radius].
  rewrite value_divide in rounded.
  rewrite evaluate_add, !inject_Z_plus, weigh_over.
  set (part := 1 # d) in *.
  assert (0 < part) as sign by reflexivity.
  assert (inject_Z (Zpos d) * part == 1) as whole by (unfold part, Qeq; simpl; lia).
  clearbody part.
  assert (inject_Z (radius sum) * part
          <= inject_Z (round_quotient_up (radius sum) (Zpos d))) as less.
  { apply (Qmult_le_l _ _ (inject_Z (Zpos d))); [reflexivity|].
    setoid_replace (inject_Z (Zpos d) * (inject_Z (radius sum) * part))
      with (inject_Z (radius sum) * (inject_Z (Zpos d) * part)) by ring.
    rewrite whole; lra. }
  apply (Qmult_le_compat_r _ _ part) in high; [|lra].
  apply (Qmult_le_compat_r _ _ part) in low; [|lra].
  lra.
Qed.

(** ** Targets *)

Variable s : Q.
Hypothesis score_known : s == beside + weigh (denominator ctx) (weights ctx) parts.

(** The score, or minus the score, is at most a number that the target encloses. *)
Definition meets (t : target) (most : Q) : Prop := (if upwards t then s else - s) <= most.

Lemma check_targets_hold c f targets mosts by_target :
  inside c parts u -> encloses f s u ->
  Forall2 (fun t most => encloses (limit_form t) most u) targets mosts ->
  check_targets c f targets by_target = true -> Forall2 meets targets mosts.
Proof.
  intros here known bounded; revert by_target.
  induction bounded as [|t most targets mosts first others IH]; simpl; intros by_target; [easy|].
  destruct bound_above as [found|] eqn:bound; [|easy].
  intros met; apply andb_prop in met as [small rest]; constructor; [|eauto].
  apply Z.leb_le in small; rewrite Zle_Qle, !inject_Z_plus in small.
  change (inject_Z 0) with 0 in small.
  pose proof (bound_above_bounds _ _ _ _ _ _ here bound) as below.
  rewrite evaluate_add, evaluate_negate in below; unfold encloses, near, meets in *.
  destruct (upwards t); [|rewrite evaluate_negate in below]; lra.
Qed.

(** Where a tree is walked to its end, every target is met at the point. *)
Theorem walk_holds targets mosts n c leaves :
  Forall2 (fun t most => encloses (limit_form t) most u) targets mosts ->
  inside c parts u -> walk ctx targets c n = Some leaves -> Forall2 meets targets mosts.
Proof.
  intros bounded; revert c leaves.
  induction n as [takes k negative IHn positive IHp|takes g m is IHi others IHo
    |takes by_rows|takes by_target|]; simpl; intros c leaves here; rewrite (has_member _ here);
    try easy; destruct (do_takes ctx c takes) as [c'|] eqn:taken; try easy;
    pose proof (do_takes_inside ctx u lines lines_known _ _ _ here taken) as there.
  - destruct nth_error as [f|] eqn:line; [|easy]; unfold add_counts.
    destruct (walk ctx targets (cut c' k f false) negative) eqn:first; [|easy].
    destruct (walk ctx targets (cut c' k f true) positive) eqn:second; [|easy]; intros _.
    destruct (cut_inside _ _ _ there line); eauto.
  - unfold add_counts.
    destruct (walk ctx targets (choose c' g m true) is) eqn:first; [|easy].
    destruct (walk ctx targets (choose c' g m false) others) eqn:second; [|easy]; intros _.
    destruct (choose_inside _ g m there) as [[|] side]; eauto.
  - rewrite (shows_empty_empty _ _ _ by_rows there); easy.
  - destruct score_form as [f|] eqn:scored; [|easy].
    destruct check_targets eqn:met; [|easy]; intros _.
    apply (check_targets_hold c' f targets mosts by_target); auto.
    pose proof (score_form_encloses _ _ there scored) as known.
    unfold encloses, near in *; rewrite score_known; easy.
Qed.

(** Where each target has a tree of its own. *)
Lemma walk_each_holds targets mosts trees c leaves :
  Forall2 (fun t most => encloses (limit_form t) most u) targets mosts ->
  inside c parts u -> walk_each ctx targets c trees = Some leaves -> Forall2 meets targets mosts.
Proof.
  intros bounded here; revert trees leaves.
  induction bounded as [|t most targets mosts first others IH]; intros trees leaves;
    destruct trees as [|tree trees]; simpl; try easy; unfold add_counts.
  destruct (walk ctx [t] c tree) as [count|] eqn:walked; [|easy].
  destruct (walk_each ctx targets c trees) as [rest|] eqn:later; [|easy]; intros _.
  apply (walk_holds [t] [most]) in walked; auto.
  inversion walked; subst; eauto.
Qed.

End Point.
