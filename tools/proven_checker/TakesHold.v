(** What is told of lines in a cell encloses what they are at every point of it. *)

From Coq Require Import List QArith ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees Shares.
Import ListNotations.
Open Scope Q_scope.

(** ** Numbers, and what was told *)

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

(** ** Cells *)

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
