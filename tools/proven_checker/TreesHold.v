(** A tree that is walked to its end shows that its targets are met everywhere in its cell. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees.
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

Lemma evaluate_negate v : evaluate (negate v) u == - evaluate v u.
Proof. unfold negate; rewrite evaluate_scale; change (inject_Z (-1)) with (-(1)); ring. Qed.

Lemma nth_part k f : nth_error (line_forms ctx) k = Some f ->
  nth k parts 0 == positive_part (nth k lines 0).
Proof.
  intros known; unfold parts.
  change 0 with (positive_part 0) at 1; rewrite map_nth; reflexivity.
Qed.

Lemma positive_part_cases v : (0 <= v /\ positive_part v = v) \/ (v < 0 /\ positive_part v = 0).
Proof.
  unfold positive_part; destruct (Qle_bool 0 v) eqn:sign; [left|right]; split; try easy.
  - now apply Qle_bool_iff.
  - apply Qnot_le_lt; intros other; apply Qle_bool_iff in other; congruence.
Qed.

Lemma part_form_encloses f (side : bool) beyond v :
  encloses f v u -> (0 <= beyond)%Z ->
  (if side then - inject_Z beyond <= v else v <= inject_Z beyond) ->
  encloses (part_form f side beyond) (positive_part v) u.
Proof.
  unfold encloses, near, part_form; intros known sign bounded.
  rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign.
  destruct side; simpl; rewrite ?evaluate_zero, ?inject_Z_plus;
    destruct (positive_part_cases v) as [[? ->]|[? ->]]; lra.
Qed.

Lemma tell_spec k f told j g :
  nth_error (tell k f told) j = Some (Some g) ->
  (j = k /\ g = f) \/ nth_error told j = Some (Some g).
Proof.
  revert k j; induction told as [|t told IH]; intros [|k] [|j]; simpl; auto.
  - intros [= ->]; auto.
  - intros found; apply IH in found as [[-> ->]|]; auto.
Qed.

Lemma tell_inside c k f f' :
  inside c parts u -> nth_error (line_forms ctx) k = Some f' ->
  encloses f (positive_part (nth k lines 0)) u -> inside (tell_cell c k f) parts u.
Proof.
  intros [units in_rows groups known] line here; constructor; simpl; auto.
  intros j g found; apply tell_spec in found as [[-> ->]|]; [|auto].
  unfold encloses, near in *; rewrite (nth_part _ _ line); easy.
Qed.

Lemma do_take_inside c t c' :
  inside c parts u -> do_take ctx c t = Some c' -> inside c' parts u.
Proof.
  intros here; unfold do_take; destruct nth_error as [f|] eqn:line; [|easy].
  destruct bound_above as [most|] eqn:found; [|easy]; intros [= <-].
  apply (tell_inside _ _ _ f); auto; pose proof (lines_known _ _ line) as known.
  apply part_form_encloses; [easy|lia|].
  pose proof (bound_above_bounds _ _ _ _ _ _ here found) as below.
  assert (most + radius f <= Z.max 0 (most + radius f))%Z as more by lia.
  rewrite Zle_Qle, inject_Z_plus in more; unfold encloses, near in known.
  destruct (positive_side t); [rewrite evaluate_negate in below|]; lra.
Qed.

Lemma do_takes_inside ts c c' :
  inside c parts u -> do_takes ctx c ts = Some c' -> inside c' parts u.
Proof.
  revert c; induction ts as [|t ts IH]; simpl; intros c here; [now intros [= <-]|].
  destruct do_take eqn:found; [|easy]; eauto using do_take_inside.
Qed.

Lemma make_row_evaluates f (side : bool) :
  evaluate (make_row f side) u
  == (if side then evaluate (centre f) u else - evaluate (centre f) u) + inject_Z (radius f).
Proof.
  destruct side; [|rewrite <- evaluate_negate]; unfold make_row, evaluate; simpl;
    rewrite inject_Z_plus; ring.
Qed.

Lemma add_row_inside c v : inside c parts u -> 0 <= evaluate v u -> inside (add_row c v) parts u.
Proof.
  intros [units in_rows groups known] sign; constructor; simpl; auto.
  intros w strict found; apply in_app_or in found as [|[[= <- <-]|[]]]; [now apply in_rows|easy].
Qed.

Lemma cut_inside c k f :
  inside c parts u -> nth_error (line_forms ctx) k = Some f ->
  inside (cut c k f false) parts u \/ inside (cut c k f true) parts u.
Proof.
  intros here line; pose proof (lines_known _ _ line) as known.
  destruct (Qlt_le_dec 0 (nth k lines 0)); [right|left];
    (apply (tell_inside _ _ _ f); auto;
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
  intros [units in_rows groups known].
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

Lemma sum_told_encloses ws told ps total :
  (forall k f, nth_error told k = Some (Some f) -> encloses f (nth k ps 0) u) ->
  sum_told ws told = Some total -> encloses total (weigh 1 ws ps) u.
Proof.
  unfold encloses; revert told ps total; induction ws as [|w ws IH]; intros told ps total known.
  - intros [= <-]; unfold near; cbn [centre radius weigh]; rewrite evaluate_zero.
    change (inject_Z 0) with 0; lra.
  - destruct told as [|t told]; [easy|]; cbn [sum_told].
    destruct (sum_told ws told) as [rest|] eqn:found; [|easy].
    assert (near (radius rest) (weigh 1 ws (tl ps)) (evaluate (centre rest) u)) as others.
    { apply (IH told); auto; intros k f here; specialize (known (S k) f here).
      destruct ps as [|p ps]; [destruct k|]; easy. }
    assert (weigh 1 (w :: ws) ps == inject_Z w * nth 0 ps 0 + weigh 1 ws (tl ps)) as sum.
    { destruct ps as [|p ps]; simpl; [rewrite weigh_nothing|unfold inject_Z]; ring. }
    destruct (Z.eqb_spec w 0) as [->|].
    + intros [= <-]; unfold near in *; rewrite sum.
      setoid_replace (inject_Z 0 * nth 0 ps 0) with 0 by ring; lra.
    + destruct t as [f|]; [|easy]; intros [= <-]; cbn [centre radius].
      pose proof (times_near w _ _ _ (known O f eq_refl)) as first; unfold near in *.
      rewrite evaluate_add, evaluate_scale, inject_Z_plus, sum; lra.
Qed.

Lemma over_one z d : z # d == inject_Z z * (1 # d).
Proof. unfold Qeq; simpl; lia. Qed.

Lemma weigh_over d ws ps : weigh d ws ps == weigh 1 ws ps * (1 # d).
Proof.
  revert ps; induction ws as [|w ws IH]; intros [|p ps]; simpl; try ring.
  rewrite IH, (over_one w d); unfold inject_Z; ring.
Qed.

Lemma nth_over d c m : nth m (map (fun z => z # d) c) 0 == inject_Z (nth m c 0%Z) * (1 # d).
Proof. revert m; induction c as [|z c IH]; intros [|m]; simpl; auto; try ring; apply over_one. Qed.

Lemma value_divide v d : value (divide v d) u == evaluate v u * (1 # d).
Proof.
  unfold value, evaluate, divide; simpl; rewrite over_one.
  assert (sum_products (map (fun c => c # d) (plain v)) (numbers u)
          == dot (plain v) (numbers u) * (1 # d)) as ->.
  { generalize (numbers u) as us; induction (plain v) as [|c a IH]; intros [|x us]; simpl; try ring.
    rewrite IH, over_one; ring. }
  assert (sum_chosen (map (map (fun c => c # d)) (choices v)) (members u)
          == pick (choices v) (members u) * (1 # d)) as ->; [|ring].
  generalize (members u) as ms; induction (choices v) as [|c a IH]; intros [|m ms]; simpl; try ring.
  rewrite IH, nth_over; ring.
Qed.

Lemma score_form_encloses c s :
  inside c parts u -> score_form ctx c = Some s ->
  encloses s (beside + weigh (denominator ctx) (weights ctx) parts) u.
Proof.
  intros here; unfold score_form; destruct sum_told as [total|] eqn:found; [|easy].
  set (d := denominator ctx).
  pose proof (round_encloses (divide (centre total) d) u (in_units _ _ _ here)) as rounded.
  revert rounded; generalize (round_form (divide (centre total) d)) as quotient.
  intros quotient rounded [= <-].
  pose proof (sum_told_encloses _ _ _ _ (in_told _ _ _ here) found) as [high low].
  pose proof (round_up_bounds (radius total) (Zpos d) eq_refl) as up.
  rewrite Zle_Qle, inject_Z_mult in up; unfold encloses, near in *; cbn [centre radius].
  rewrite value_divide in rounded.
  rewrite evaluate_add, !inject_Z_plus, weigh_over.
  set (part := 1 # d) in *.
  assert (0 < part) as sign by reflexivity.
  assert (inject_Z (Zpos d) * part == 1) as whole by (unfold part, Qeq; simpl; lia).
  clearbody part.
  assert (inject_Z (radius total) * part
          <= inject_Z (round_quotient_up (radius total) (Zpos d))) as less.
  { apply (Qmult_le_l _ _ (inject_Z (Zpos d))); [reflexivity|].
    setoid_replace (inject_Z (Zpos d) * (inject_Z (radius total) * part))
      with (inject_Z (radius total) * (inject_Z (Zpos d) * part)) by ring.
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
    pose proof (do_takes_inside _ _ _ here taken) as there.
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

End Point.
