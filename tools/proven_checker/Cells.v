(** Cells of the domain, what functions are there at most, and the trees that cut them. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool.
From Proven Require Import Meaning Forms.
Import ListNotations.
Open Scope Q_scope.

(** Multipliers are integers in units of 2^-64. *)
Definition fine : Z := 2 ^ 64.

Lemma fine_positive : (0 < fine)%Z.
Proof. reflexivity. Qed.

Global Opaque fine.

(** What is told of a line: a form of its positive part, or of what that is more than the positive
    part of another line. *)
Record telling := { says : form; more_than : option nat }.

(** A cell: vectors that aren't negative in it (positive, those that are strict), the members of
    groups that are allowed, and what is told of lines, once it is. *)
Record cell := {
  rows : list (vector * bool);
  allowed : list (list nat);
  told : list (option telling) }.

(** Row numbers and multipliers. *)
Definition pairs := list (nat * Z).

(** ** The highest value *)

Fixpoint largest (values : list Z) : Z :=
  match values with
  | [] => 0
  | [v] => v
  | v :: rest => Z.max v (largest rest)
  end.

Fixpoint sum_largest (a : list (list Z)) (allowed : list (list nat)) : Z :=
  match a, allowed with
  | c :: a', own :: allowed' => largest (map (fun m => nth m c 0%Z) own) + sum_largest a' allowed'
  | _, _ => 0
  end.

Fixpoint sum_sizes (a : list Z) : Z :=
  match a with [] => 0 | c :: a' => Z.abs c + sum_sizes a' end.

Definition highest (v : vector) (allowed : list (list nat)) : Z :=
  sum_sizes (plain v) + fixed v + sum_largest (choices v) allowed.

Lemma largest_bounds values v : In v values -> (v <= largest values)%Z.
Proof.
  induction values as [|a [|b rest] IH]; simpl in *; [easy|intuition lia|].
  intros [->|later]; [|specialize (IH later)]; lia.
Qed.

Lemma sum_sizes_not_negative a : (0 <= sum_sizes a)%Z.
Proof. induction a; simpl; lia. Qed.

Lemma dot_below a u : Forall in_unit u -> dot a u <= inject_Z (sum_sizes a).
Proof.
  revert u; induction a as [|c a IH]; intros [|v u] units; simpl; try linear.
  - pose proof (sum_sizes_not_negative (c :: a)) as all; simpl in all.
    rewrite Zle_Qle in all; linear.
  - inversion units as [|? ? [low_v high_v] others]; subst.
    specialize (IH u others); rewrite inject_Z_plus.
    enough (inject_Z c * v <= inject_Z (Z.abs c)) by lra.
    destruct (Z.le_gt_cases 0 c) as [sign|sign].
    + rewrite Z.abs_eq by lia; rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign; nra.
    + rewrite Z.abs_neq, inject_Z_opp by lia; rewrite Zlt_Qlt in sign.
      change (inject_Z 0) with 0 in sign; nra.
Qed.

Lemma pick_below a ms allowed :
  Forall2 (fun own m => In m own) allowed ms -> pick a ms <= inject_Z (sum_largest a allowed).
Proof.
  intros choice; revert a; induction choice as [|own m allowed ms here _ IH]; intros [|c a];
    simpl; try linear.
  rewrite inject_Z_plus; specialize (IH a).
  enough (inject_Z (nth m c 0%Z) <= inject_Z (largest (map (fun m => nth m c 0%Z) own))) by lra.
  rewrite <- Zle_Qle; apply largest_bounds, (in_map (fun m => nth m c 0%Z)), here.
Qed.

(** ** What holds in a cell *)

(** What a line was told to be more than: 0, or the positive part of another line. *)
Definition subtracted (t : telling) (parts : list Q) : Q :=
  match more_than t with Some i => nth i parts 0 | None => 0 end.

(** Lines that others were told as a change from aren't told as a change. *)
Definition changes_apart (told : list (option telling)) : Prop :=
  forall k t i t', nth_error told k = Some (Some t) -> more_than t = Some i ->
  nth_error told i = Some (Some t') -> more_than t' = None.

(** The true vectors and numbers of a cell, at coordinates; [parts] are the lines' positive parts in
    units. *)
Record inside (c : cell) (parts : list Q) (u : row) : Prop := {
  in_units : Forall in_unit (numbers u);
  in_rows : forall v strict, In (v, strict) (rows c) ->
    if strict then 0 < evaluate v u else 0 <= evaluate v u;
  in_allowed : Forall2 (fun own m => In m own) (allowed c) (members u);
  in_told : forall k t, nth_error (told c) k = Some (Some t) ->
    encloses (says t) (nth k parts 0 - subtracted t parts) u;
  in_changes : changes_apart (told c) }.

Lemma highest_bounds c parts u v :
  inside c parts u -> evaluate v u <= inject_Z (highest v (allowed c)).
Proof.
  intros here; unfold evaluate, highest.
  pose proof (dot_below (plain v) _ (in_units _ _ _ here)).
  pose proof (pick_below (choices v) _ _ (in_allowed _ _ _ here)).
  rewrite !inject_Z_plus; lra.
Qed.

(** ** Farkas' steps: rows times multipliers are added *)

Fixpoint sum_rows (rows : list (vector * bool)) (ps : pairs) : option vector :=
  match ps with
  | [] => Some zero
  | (i, w) :: rest =>
      match nth_error rows i, sum_rows rows rest with
      | Some (v, _), Some total => if Z.ltb w 0 then None else Some (add (scale w v) total)
      | _, _ => None
      end
  end.

(** Some row that is strict has a part in the sum. *)
Definition has_strict (rows : list (vector * bool)) (ps : pairs) : bool :=
  existsb (fun '(i, w) =>
    match nth_error rows i with Some (_, strict) => strict && Z.ltb 0 w | None => false end) ps.

Definition round_quotient_up (v d : Z) : Z := - (- v / d).

(** What a vector is at most in a cell; none where a row isn't there or a multiplier is negative. *)
Definition bound_above (c : cell) (v : vector) (ps : pairs) : option Z :=
  match sum_rows (rows c) ps with
  | Some total =>
      Some (round_quotient_up (highest (add (scale fine v) total) (allowed c)) fine)
  | None => None
  end.

Definition shows_empty (c : cell) (ps : pairs) : bool :=
  match bound_above c zero ps with
  | Some most => Z.ltb most 0 || (Z.eqb most 0 && has_strict (rows c) ps)
  | None => false
  end.

Lemma round_up_bounds v d : (0 < d)%Z -> (v <= d * round_quotient_up v d)%Z.
Proof.
  intros; unfold round_quotient_up; pose proof (Z.mul_div_le (- v) d); lia.
Qed.

Lemma row_not_negative c parts u v strict :
  inside c parts u -> In (v, strict) (rows c) -> 0 <= evaluate v u.
Proof. intros here known; pose proof (in_rows _ _ _ here _ _ known); destruct strict; lra. Qed.

Lemma sum_rows_not_negative c parts u ps total :
  inside c parts u -> sum_rows (rows c) ps = Some total -> 0 <= evaluate total u.
Proof.
  intros here; revert total; induction ps as [|[i w] rest IH]; simpl; intros total.
  - intros [= <-]; rewrite evaluate_zero; lra.
  - destruct nth_error as [[v strict]|] eqn:known; [|easy].
    destruct sum_rows as [others|]; [|easy].
    destruct (Z.ltb_spec w 0) as [|sign]; [easy|]; intros [= <-].
    rewrite evaluate_add, evaluate_scale; specialize (IH _ eq_refl).
    pose proof (row_not_negative _ _ _ _ _ here (nth_error_In _ _ known)).
    rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign; nra.
Qed.

Lemma sum_rows_positive c parts u ps total :
  inside c parts u -> sum_rows (rows c) ps = Some total -> has_strict (rows c) ps = true ->
  0 < evaluate total u.
Proof.
  intros here; revert total; induction ps as [|[i w] rest IH]; simpl; intros total; [easy|].
  destruct nth_error as [[v strict]|] eqn:known; [|easy].
  destruct (sum_rows (rows c) rest) as [others|] eqn:summed; [|easy].
  destruct (Z.ltb_spec w 0) as [|sign]; [easy|]; intros [= <-] some.
  rewrite evaluate_add, evaluate_scale; apply nth_error_In in known.
  pose proof (sum_rows_not_negative _ _ _ _ _ here summed).
  pose proof (row_not_negative _ _ _ _ _ here known).
  rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign.
  apply orb_prop in some as [first|later].
  - apply andb_prop in first as [is_strict above]; subst strict.
    pose proof (in_rows _ _ _ here _ _ known) as positive; simpl in positive.
    apply Z.ltb_lt in above; rewrite Zlt_Qlt in above; change (inject_Z 0) with 0 in above; nra.
  - specialize (IH _ eq_refl later); nra.
Qed.

Lemma bound_above_total c parts u v ps most :
  inside c parts u -> bound_above c v ps = Some most ->
  exists total, sum_rows (rows c) ps = Some total /\
    inject_Z fine * evaluate v u + evaluate total u <= inject_Z fine * inject_Z most.
Proof.
  intros here; unfold bound_above; destruct sum_rows as [total|]; [|easy]; intros [= <-].
  exists total; split; [easy|].
  pose proof (highest_bounds _ _ _ (add (scale fine v) total) here) as below.
  rewrite evaluate_add, evaluate_scale in below.
  pose proof (round_up_bounds (highest (add (scale fine v) total) (allowed c)) fine
    fine_positive) as rounded.
  rewrite Zle_Qle, inject_Z_mult in rounded; lra.
Qed.

(** Whatever the multipliers are, the bound holds. *)
Lemma bound_above_bounds c parts u v ps most :
  inside c parts u -> bound_above c v ps = Some most -> evaluate v u <= inject_Z most.
Proof.
  intros here found; destruct (bound_above_total _ _ _ _ _ _ here found) as [total [summed below]].
  pose proof (sum_rows_not_negative _ _ _ _ _ here summed).
  pose proof fine_positive as sign; rewrite Zlt_Qlt in sign; change (inject_Z 0) with 0 in sign.
  apply (Qmult_le_l _ _ (inject_Z fine)); [easy|lra].
Qed.

Lemma shows_empty_empty c parts u ps : inside c parts u -> shows_empty c ps = false.
Proof.
  intros here; unfold shows_empty; destruct bound_above as [most|] eqn:found; [|easy].
  destruct (bound_above_total _ _ _ _ _ _ here found) as [total [summed below]].
  rewrite evaluate_zero in below.
  pose proof (sum_rows_not_negative _ _ _ _ _ here summed) as some.
  pose proof fine_positive as sign; rewrite Zlt_Qlt in sign; change (inject_Z 0) with 0 in sign.
  assert (0 <= inject_Z most) as above by nra; change 0 with (inject_Z 0) in above.
  rewrite <- Zle_Qle in above.
  destruct (Z.ltb_spec most 0); [lia|]; simpl; destruct (Z.eqb_spec most 0) as [->|]; [simpl|easy].
  destruct has_strict eqn:strict; [exfalso|easy].
  pose proof (sum_rows_positive _ _ _ _ _ here summed strict).
  change (inject_Z 0) with 0 in below; lra.
Qed.
