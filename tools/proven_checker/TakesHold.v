(** What is told of lines in a cell encloses what they are at every point of it. *)

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

(** Over a positive number f, of which [over] is the inverse: a share of what is near to z, rounded. *)
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
  rewrite <- (Z.add_assoc (_ + _)), !(inject_Z_plus (_ + _)), (inject_Z_plus (round_quotient_up _ _)).
  rewrite moved.
  exact (share_near _ _ _ _ _ _ _ _ _ _ _ _ _ _ fine_above whole sign high low part_high part_low
    spread least_known most_known above below).
Qed.

(** A positive part is at least a share of the number, and above that by no more than the rest of the
    share where the number is positive, and than the share where it is negative: at most a chord. *)
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

(** ** Cells *)

Lemma max_above a b : inject_Z a <= inject_Z (Z.max a b) /\ inject_Z b <= inject_Z (Z.max a b).
Proof. rewrite <- !Zle_Qle; lia. Qed.

Lemma is_share_bounds share :
  is_share share = true -> (0 <= share)%Z /\ 0 <= inject_Z share /\ inject_Z share <= inject_Z fine.
Proof.
  unfold is_share; intros both; apply andb_prop in both as [above below].
  apply Z.leb_le in above, below; repeat split; [easy| |now rewrite <- Zle_Qle].
  rewrite Zle_Qle in above; exact above.
Qed.

Lemma tell_spec k t told j s :
  nth_error (tell k t told) j = Some (Some s) ->
  (j = k /\ s = t) \/ nth_error told j = Some (Some s).
Proof.
  revert k j; induction told as [|first told IH]; intros [|k] [|j]; simpl; auto.
  - intros [= ->]; auto.
  - intros found; apply IH in found as [[-> ->]|]; auto.
Qed.

Lemma has_change_from_not told k j t :
  has_change_from told k = false -> nth_error told j = Some (Some t) -> more_than t <> Some k.
Proof.
  unfold has_change_from; intros none found same; apply nth_error_In in found.
  apply not_true_iff_false in none; apply none, existsb_exists; exists (Some t); split; [easy|].
  destruct t as [f [i|]]; simpl in same; [|easy]; injection same as ->; apply Nat.eqb_refl.
Qed.

Lemma tell_apart k t told :
  changes_apart told ->
  (forall i, more_than t = Some i ->
     i <> k /\ is_change told i = false /\ has_change_from told k = false) ->
  changes_apart (tell k t told).
Proof.
  intros apart free j s i s' found more other.
  apply tell_spec in found as [[-> ->]|found], other as [[-> ->]|other].
  - destruct (free _ more); easy.
  - destruct (free _ more) as [_ [direct _]]; unfold is_change in direct; rewrite other in direct.
    destruct s' as [f [|]]; easy.
  - destruct (more_than t) eqn:change; [|easy]; destruct (free _ eq_refl) as [_ [_ none]].
    exact (False_ind _ (has_change_from_not _ _ _ _ none found more)).
  - exact (apart _ _ _ _ found more other).
Qed.

Section Point.

(** The true numbers of lines at a point, in units. *)
Variables (ctx : context) (u : row) (lines : list Q).

Let parts := map positive_part lines.

Hypothesis lines_known : forall k f,
  nth_error (line_forms ctx) k = Some f -> encloses f (nth k lines 0) u.

Lemma nth_part k : nth k parts 0 = positive_part (nth k lines 0).
Proof. unfold parts; change 0 with (positive_part 0) at 1; apply map_nth. Qed.

Lemma tell_cell_inside c k t :
  inside c parts u -> encloses (says t) (nth k parts 0 - subtracted t parts) u ->
  (forall i, more_than t = Some i ->
     i <> k /\ is_change (told c) i = false /\ has_change_from (told c) k = false) ->
  inside (tell_cell c k t) parts u.
Proof.
  intros [units in_rows groups known apart] here free; constructor; simpl; auto using tell_apart.
  intros j s found; apply tell_spec in found as [[-> ->]|]; auto.
Qed.

Lemma tell_part_inside c k f :
  inside c parts u -> encloses f (positive_part (nth k lines 0)) u ->
  inside (tell_part c k f) parts u.
Proof.
  intros here known; apply tell_cell_inside; [easy| |easy]; unfold subtracted; simpl.
  unfold encloses, near in *; rewrite nth_part; lra.
Qed.

Lemma bound_beyond_bounds c f v (above : bool) ps beyond :
  inside c parts u -> encloses f v u -> bound_beyond c f above ps = Some beyond ->
  (0 <= beyond)%Z /\ (if above then v else - v) <= inject_Z beyond.
Proof.
  unfold bound_beyond; intros here known; destruct bound_above as [most|] eqn:found; [|easy].
  intros [= <-]; split; [lia|].
  pose proof (bound_above_bounds _ _ _ _ _ _ here found) as below.
  assert (most + radius f <= Z.max 0 (most + radius f))%Z as more by lia.
  rewrite Zle_Qle, inject_Z_plus in more; unfold encloses, near in known.
  destruct above; [|rewrite evaluate_negate in below]; lra.
Qed.

Lemma bound_both_bounds c f v below above under over :
  inside c parts u -> encloses f v u -> bound_both c f below above = Some (under, over) ->
  - v <= inject_Z under /\ v <= inject_Z over.
Proof.
  unfold bound_both; intros here known.
  destruct (bound_beyond c f false below) as [m|] eqn:first; [|easy].
  destruct (bound_beyond c f true above) as [n|] eqn:second; [|easy]; intros [= <- <-].
  apply (bound_beyond_bounds _ _ _ _ _ _ here known) in first as [_ low].
  apply (bound_beyond_bounds _ _ _ _ _ _ here known) in second as [_ high]; auto.
Qed.

Lemma rest_whole share : inject_Z (fine - share) == inject_Z fine - inject_Z share.
Proof. unfold Z.sub; rewrite inject_Z_plus, inject_Z_opp; ring. Qed.

Lemma take_chord_inside c k f share below above c' :
  inside c parts u -> encloses f (nth k lines 0) u ->
  take_chord c k f share below above = Some c' -> inside c' parts u.
Proof.
  intros here known; unfold take_chord.
  destruct bound_both as [[under over]|] eqn:bounds; [|easy].
  destruct (is_share share) eqn:shared; [|easy]; intros [= <-].
  apply (bound_both_bounds _ _ _ _ _ _ _ here known) in bounds as [low high].
  apply is_share_bounds in shared as [whole [sign part]].
  apply tell_part_inside; [easy|].
  pose proof (max_above (share * under) ((fine - share) * over)) as [left right].
  rewrite inject_Z_mult in left, right; rewrite rest_whole in right.
  destruct (chord_bounds _ _ _ _ _ _ sign part low high left right).
  apply (share_form_encloses _ _ (nth k lines 0)); auto using (in_units _ _ _ here).
Qed.

Lemma subtract_encloses f g v w :
  encloses f v u -> encloses g w u -> encloses (subtract f g) (v - w) u.
Proof.
  unfold encloses, near, subtract; cbn [centre radius].
  rewrite evaluate_add, evaluate_negate, inject_Z_plus; lra.
Qed.

Lemma take_change_inside c k i f share below above c' :
  inside c parts u -> encloses f (nth k lines 0 - nth i lines 0) u ->
  take_change c k i f share below above = Some c' -> inside c' parts u.
Proof.
  intros here known; unfold take_change.
  destruct bound_both as [[under over]|] eqn:bounds; [|easy].
  destruct (_ && _) eqn:checked; [|easy]; intros [= <-].
  apply andb_prop in checked as [checked free]; apply andb_prop in checked as [checked direct].
  apply andb_prop in checked as [shared other].
  apply negb_true_iff in other, direct, free; apply Nat.eqb_neq in other.
  apply (bound_both_bounds _ _ _ _ _ _ _ here known) in bounds as [low high].
  apply is_share_bounds in shared as [whole [sign part]].
  apply tell_cell_inside; [easy| |intros j [= <-]; auto]; unfold subtracted; simpl.
  rewrite !nth_part.
  pose proof (max_above (share * over) ((fine - share) * under)) as [lows more_lows].
  pose proof (max_above ((fine - share) * over) (share * under)) as [more_highs highs].
  rewrite inject_Z_mult in lows, more_lows, highs, more_highs.
  rewrite rest_whole in more_lows, more_highs.
  destruct (change_bounds _ _ _ _ _ _ _ _ sign part low high (part_change _ _) lows more_lows
    highs more_highs).
  apply (share_form_encloses _ _ (nth k lines 0 - nth i lines 0));
    rewrite ?inject_Z_opp; auto using (in_units _ _ _ here).
Qed.

Lemma do_take_inside c t c' :
  inside c parts u -> do_take ctx c t = Some c' -> inside c' parts u.
Proof.
  intros here; destruct t as [k side ps|k share below above|k i share below above]; simpl;
    destruct (nth_error (line_forms ctx) k) as [f|] eqn:line; try easy;
    pose proof (lines_known _ _ line) as known.
  - destruct bound_beyond as [beyond|] eqn:found; [|easy]; intros [= <-].
    apply (bound_beyond_bounds _ _ _ _ _ _ here known) in found as [sign below].
    apply tell_part_inside; [easy|]; apply part_form_encloses; [easy|lia|].
    destruct side; simpl in below; lra.
  - now apply take_chord_inside.
  - destruct (nth_error (line_forms ctx) i) as [g|] eqn:other; [|easy].
    apply take_change_inside; auto using subtract_encloses.
Qed.

Lemma do_takes_inside ts c c' :
  inside c parts u -> do_takes ctx c ts = Some c' -> inside c' parts u.
Proof.
  revert c; induction ts as [|t ts IH]; simpl; intros c here; [now intros [= <-]|].
  destruct do_take eqn:found; [|easy]; eauto using do_take_inside.
Qed.

End Point.
