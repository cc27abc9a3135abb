(** Shares of forms, chords and changes: what is true of their numbers. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees.
Import ListNotations.
Open Scope Q_scope.

(** ** Fractions of vectors *)

Lemma over_one z d : z # d == inject_Z z * (1 # d).
Proof. unfold Qeq; simpl; lia. Qed.

Lemma nth_over d c m : nth m (map (fun z => z # d) c) 0 == inject_Z (nth m c 0%Z) * (1 # d).
Proof. revert m; induction c as [|z c IH]; intros [|m]; simpl; auto; try ring; apply over_one. Qed.

Lemma value_divide u v d : value (divide v d) u == evaluate v u * (1 # d).
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

Lemma evaluate_negate u v : evaluate (negate v) u == - evaluate v u.
Proof. unfold negate; rewrite evaluate_scale; change (inject_Z (-1)) with (-(1)); ring. Qed.

(** ** Positive parts *)

Lemma positive_part_cases v : (0 <= v /\ positive_part v = v) \/ (v < 0 /\ positive_part v = 0).
Proof.
  unfold positive_part; destruct (Qle_bool 0 v) eqn:sign; [left|right]; split; try easy.
  - now apply Qle_bool_iff.
  - apply Qnot_le_lt; intros other; apply Qle_bool_iff in other; congruence.
Qed.

Lemma part_form_encloses u f (side : bool) beyond v :
  encloses f v u -> (0 <= beyond)%Z ->
  (if side then - inject_Z beyond <= v else v <= inject_Z beyond) ->
  encloses (part_form f side beyond) (positive_part v) u.
Proof.
  unfold encloses, near, part_form; intros known sign bounded.
  rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign.
  destruct side; simpl; rewrite ?evaluate_zero, ?inject_Z_plus;
    destruct (positive_part_cases v) as [[? ->]|[? ->]]; lra.
Qed.

(** What a positive part is more than another one lies between 0 and what the number is more. *)
Lemma part_change v w :
  let d := v - w in let change := positive_part v - positive_part w in
  (0 <= d /\ 0 <= change /\ change <= d) \/ (d <= 0 /\ d <= change /\ change <= 0).
Proof.
  simpl; destruct (positive_part_cases v) as [[? ->]|[? ->]],
    (positive_part_cases w) as [[? ->]|[? ->]];
    (destruct (Qlt_le_dec v w); [right|left]); lra.
Qed.

(** ** Shares *)

Lemma fine_above : 0 < inject_Z fine.
Proof. pose proof fine_positive as sign; rewrite Zlt_Qlt in sign; exact sign. Qed.

(** What is rounded of the middle of two numbers, and of their distance. *)
Lemma halved_bounds least most :
  let middle := halved (least + most) in
  let half := (halved_up (most - least)
               + if Z.eqb ((least + most) mod (2 * fine)) 0 then 0 else 1)%Z in
  inject_Z fine * (inject_Z middle - inject_Z half) <= inject_Z least /\
  inject_Z most <= inject_Z fine * (inject_Z middle + inject_Z half).
Proof.
  cbv zeta; unfold halved, halved_up; pose proof fine_positive as sign.
  pose proof (Z.div_mod (least + most) (2 * fine)) as whole.
  pose proof (Z.mod_pos_bound (least + most) (2 * fine)) as part.
  pose proof (round_up_bounds (most - least) (2 * fine)) as up.
  set (middle := ((least + most) / (2 * fine))%Z) in *.
  set (rest := ((least + most) mod (2 * fine))%Z) in *.
  set (half := round_quotient_up (most - least) (2 * fine)) in *.
  set (more := if Z.eqb rest 0 then 0%Z else 1%Z).
  assert (rest <= 2 * fine * more)%Z by (unfold more; destruct (Z.eqb_spec rest 0); lia).
  assert (0 <= more)%Z by (unfold more; destruct Z.eqb; lia).
  clearbody middle rest half more.
  unfold Qminus; rewrite <- !inject_Z_opp, <- !inject_Z_plus, <- !inject_Z_mult, <- !Zle_Qle.
  split; nia.
Qed.

(** A share of what is near to z, rounded: f times [over] is 1. *)
Lemma share_near f over share z e wide part lost up v least most middle half :
  0 < f -> f * over == 1 -> 0 <= share -> z - e <= wide -> e - z <= wide ->
  share * e * over - part <= lost -> part - share * e * over <= lost -> share * wide <= f * up ->
  f * (middle - half) <= least -> most <= f * (middle + half) ->
  least <= f * v - share * z -> f * v - share * z <= most ->
  v - (part + middle) <= up + lost + half /\ part + middle - v <= up + lost + half.
Proof.
  intros positive whole sign high low part_high part_low spread least_known most_known above below.
  assert (f * (share * e * over) == share * e) as same.
  { setoid_replace (f * (share * e * over)) with (share * e * (f * over)) by ring.
    rewrite whole; ring. }
  apply (Qmult_le_l _ _ f positive) in part_high, part_low.
  assert (share * z - share * e <= share * wide) by nra.
  assert (share * e - share * z <= share * wide) by nra.
  split; apply (Qmult_le_l _ _ f positive); lra.
Qed.

Lemma share_form_encloses u f z share least most v :
  encloses f z u -> Forall in_unit (numbers u) -> (0 <= share)%Z ->
  inject_Z least <= inject_Z fine * v - inject_Z share * z ->
  inject_Z fine * v - inject_Z share * z <= inject_Z most ->
  encloses (share_form f share least most) v u.
Proof.
  intros [high low] units sign above below.
  assert (Zpos (Z.to_pos fine) = fine) as same by apply (Z2Pos.id fine fine_positive).
  unfold encloses, near, share_form; cbn [centre radius].
  revert same; generalize (Z.to_pos fine) as d; intros d same.
  pose proof (round_encloses (divide (scale share (centre f)) d) u units) as rounded.
  revert rounded; generalize (round_form (divide (scale share (centre f)) d)) as part.
  unfold encloses, near; intros part; rewrite value_divide, evaluate_scale.
  intros [part_high part_low].
  assert (inject_Z fine * (1 # d) == 1) as whole by (rewrite <- same; unfold Qeq; simpl; lia).
  pose proof (halved_bounds least most) as [least_known most_known].
  pose proof (round_up_bounds (share * radius f) fine fine_positive) as spread.
  rewrite Zle_Qle, !inject_Z_mult in spread.
  rewrite Zle_Qle in sign; change (inject_Z 0) with 0 in sign.
  assert (evaluate (move (centre part) (halved (least + most))) u
          == evaluate (centre part) u + inject_Z (halved (least + most))) as moved.
  { unfold evaluate, move; simpl; rewrite inject_Z_plus; ring. }
  rewrite <- (Z.add_assoc (_ + _)), !(inject_Z_plus (_ + _)).
  rewrite (inject_Z_plus (round_quotient_up _ _)), moved.
  exact (share_near _ _ _ _ _ _ _ _ _ _ _ _ _ _ fine_above whole sign high low part_high part_low
    spread least_known most_known above below).
Qed.

(** A positive part is at least a share of the number, and above that by no more than the rest of
    the share where the number is positive, and than the share where it is negative. *)
Lemma chord_bounds whole share z under over most :
  0 <= share -> share <= whole -> - z <= under -> z <= over ->
  share * under <= most -> (whole - share) * over <= most ->
  0 <= whole * positive_part z - share * z /\ whole * positive_part z - share * z <= most.
Proof.
  intros sign part low high left right.
  destruct (positive_part_cases z) as [[? ->]|[? ->]].
  - assert (0 <= (whole - share) * z) by (apply Qmult_le_0_compat; lra).
    assert (0 <= (whole - share) * (over - z)) by (apply Qmult_le_0_compat; lra); lra.
  - assert (0 <= share * - z) by (apply Qmult_le_0_compat; lra).
    assert (0 <= share * (under + z)) by (apply Qmult_le_0_compat; lra); lra.
Qed.

(** What lies between 0 and d, less a share of d. *)
Lemma change_bounds whole share d v under over least most :
  0 <= share -> share <= whole -> - d <= under -> d <= over ->
  (0 <= d /\ 0 <= v /\ v <= d) \/ (d <= 0 /\ d <= v /\ v <= 0) ->
  share * over <= least -> (whole - share) * under <= least ->
  share * under <= most -> (whole - share) * over <= most ->
  - least <= whole * v - share * d /\ whole * v - share * d <= most.
Proof.
  intros sign part low high [[? [? ?]]|[? [? ?]]] ? ? ? ?.
  - assert (0 <= whole * v) by (apply Qmult_le_0_compat; lra).
    assert (0 <= whole * (d - v)) by (apply Qmult_le_0_compat; lra).
    assert (0 <= share * (over - d)) by (apply Qmult_le_0_compat; lra).
    assert (0 <= (whole - share) * (over - d)) by (apply Qmult_le_0_compat; lra); lra.
  - assert (0 <= whole * - v) by (apply Qmult_le_0_compat; lra).
    assert (0 <= whole * (v - d)) by (apply Qmult_le_0_compat; lra).
    assert (0 <= share * (under + d)) by (apply Qmult_le_0_compat; lra).
    assert (0 <= (whole - share) * (under + d)) by (apply Qmult_le_0_compat; lra); lra.
Qed.
