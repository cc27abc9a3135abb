(** Where the check of an answer accepts a range, no row has a score outside it. *)

From Coq Require Import List QArith Qabs ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees Shares TakesHold TreesHold Answers Starts.
Import ListNotations.
Open Scope Q_scope.

Local Opaque Qred.

Lemma between_same e v w : v == w -> between e v -> between e w.
Proof. intros same [above below]; split; intros l claimed; rewrite <- same; auto. Qed.

Section Check.

Variables (d : domain) (s : scoring).

(** ** Parts *)

Fixpoint sum_parts (f : part -> Q) (parts : list part) : Q :=
  match parts with [] => 0 | p :: rest => f p + sum_parts f rest end.

Lemma weigh_add w a b ps : weigh w (add_lists a b) ps == weigh w a ps + weigh w b ps.
Proof.
  revert b ps; induction a as [|c a IH]; intros [|e b] [|p ps]; simpl; try lra.
  rewrite IH, (over_one (c + e) w), (over_one c w), (over_one e w), inject_Z_plus; ring.
Qed.

Lemma weigh_zeros w ws ps : weigh w (zeros ws) ps == 0.
Proof.
  unfold zeros; revert ps; induction ws as [|c ws IH]; intros [|p ps]; simpl; try lra.
  rewrite IH, over_one; ring.
Qed.

Lemma same_integers_equal a b : same_integers a b = true -> a = b.
Proof.
  revert b; induction a as [|v a IH]; intros [|w b]; simpl; try easy.
  intros both; apply andb_prop in both as [first others]; apply Z.eqb_eq in first.
  f_equal; auto.
Qed.

Lemma value_fold c parts x :
  value (fold_right (fun p => add_affine (part_terms p)) (just c) parts) x
  == c + sum_parts (fun p => value (part_terms p) x) parts.
Proof.
  induction parts as [|p parts IH]; simpl; [rewrite value_just|rewrite value_add, IH]; lra.
Qed.

Lemma weigh_fold w ws parts ps :
  weigh w (fold_right (fun p => add_lists (part_weights p)) (zeros ws) parts) ps
  == sum_parts (fun p => weigh w (part_weights p) ps) parts.
Proof.
  induction parts as [|p parts IH]; simpl; [apply weigh_zeros|rewrite weigh_add, IH; lra].
Qed.

(** What a part is at a row. *)
Definition part_score (x : row) (p : part) : Q :=
  value (part_terms p) x
  + weigh (over s) (part_weights p) (map positive_part (line_values s x)) * / inject_Z one.

Lemma sum_part_scores x parts :
  sum_parts (part_score x) parts
  == sum_parts (fun p => value (part_terms p) x) parts
     + sum_parts (fun p => weigh (over s) (part_weights p) (map positive_part (line_values s x)))
         parts * / inject_Z one.
Proof.
  induction parts as [|p parts IH]; simpl; [|unfold part_score at 1; rewrite IH]; ring.
Qed.

Lemma one_inverse : inject_Z one * / inject_Z one == 1.
Proof. apply Qmult_inv_r; pose proof one_positive; lra. Qed.

Lemma add_up_score x v parts :
  add_up s parts = true -> score s x = Some v ->
  v == constant (base s) + sum_parts (part_score x) parts.
Proof.
  unfold add_up, score; intros all.
  apply andb_prop in all as [all form]; apply andb_prop in all as [terms weights].
  destruct (descent s) as [[[|]|]|]; try easy; simpl; destruct (maps s); [|easy].
  intros [= <-]; simpl; rewrite value_nothing.
  apply (value_zero _ x) in terms; rewrite value_add, value_minus, value_fold in terms.
  apply same_integers_equal in weights.
  rewrite sum_part_scores, <- weigh_fold with (ws := map snd (lines s)), <- weights, weigh_lines.
  setoid_replace (inject_Z one * sum_lines (over s) (lines s) x * / inject_Z one)
    with (sum_lines (over s) (lines s) x * (inject_Z one * / inject_Z one)) by ring.
  rewrite one_inverse; lra.
Qed.

Lemma sum_low x parts total :
  Forall (fun p => between (part_ends p) (part_score x p)) parts ->
  sum_ends low parts = Some total -> total <= sum_parts (part_score x) parts.
Proof.
  intros known; revert total; induction known as [|p parts [first _] _ IH]; simpl; intros total.
  - intros [= <-]; lra.
  - destruct (low (part_ends p)); [|easy]; destruct (sum_ends low parts); [|easy].
    intros [= <-]; rewrite Qred_correct; specialize (first _ eq_refl).
    specialize (IH _ eq_refl); lra.
Qed.

Lemma sum_high x parts total :
  Forall (fun p => between (part_ends p) (part_score x p)) parts ->
  sum_ends high parts = Some total -> sum_parts (part_score x) parts <= total.
Proof.
  intros known; revert total; induction known as [|p parts [_ first] _ IH]; simpl; intros total.
  - intros [= <-]; lra.
  - destruct (high (part_ends p)); [|easy]; destruct (sum_ends high parts); [|easy].
    intros [= <-]; rewrite Qred_correct; specialize (first _ eq_refl).
    specialize (IH _ eq_refl); lra.
Qed.

Lemma check_part_between x u p n :
  in_domain d x -> coordinates_of (box d) x u -> check_part d s p = Some n ->
  between (part_ends p) (part_score x p).
Proof.
  intros in_d at_u walked.
  apply (between_same _ (part_score x p + value nothing x)); [rewrite value_nothing; ring|].
  apply (walk_each_between d s x u in_d at_u _ _ _ _ [] _) with (3 := walked); [easy|].
  unfold part_score; rewrite Qmult_plus_distr_r.
  setoid_replace (inject_Z one * (weigh (over s) (part_weights p)
      (map positive_part (line_values s x)) * / inject_Z one))
    with (weigh (over s) (part_weights p) (map positive_part (line_values s x))
      * (inject_Z one * / inject_Z one)) by ring.
  rewrite one_inverse; ring.
Qed.

Lemma check_parts_each parts n :
  fold_right (fun p => add_counts (check_part d s p)) (Some 0%Z) parts = Some n ->
  Forall (fun p => exists m, check_part d s p = Some m) parts.
Proof.
  revert n; induction parts as [|p parts IH]; simpl; intros n; constructor.
  - destruct (check_part d s p); [eauto|easy].
  - destruct (check_part d s p); [|easy]; simpl in *.
    destruct (fold_right _ _ parts); [eauto|easy].
Qed.

Lemma find_row x : in_domain d x -> exists u, coordinates_of (box d) x u.
Proof.
  intros [in_box _]; destruct (find_coordinates _ _ in_box) as [us place].
  exists {| numbers := us; members := members x |}; split; auto.
Qed.

Lemma check_parts_hold e parts v : check_parts d s e parts = Some v -> range_holds d s e.
Proof.
  unfold check_parts; destruct (add_up s parts && ends_add_up s e parts) eqn:sums; [|easy].
  destruct (fold_right _ _ parts) as [n|] eqn:walked; [|easy]; intros _ x y in_d scored.
  apply andb_prop in sums as [terms limits]; destruct (find_row x in_d) as [u at_u].
  assert (Forall (fun p => between (part_ends p) (part_score x p)) parts) as known.
  { eapply Forall_impl; [|apply (check_parts_each _ _ walked)].
    intros p [m checked]; eauto using check_part_between. }
  pose proof (add_up_score _ _ _ terms scored) as sum; unfold ends_add_up in limits.
  apply andb_prop in limits as [lows highs].
  split; intros limit claimed; rewrite claimed in *.
  - destruct (sum_ends low parts) as [total|] eqn:summed; [|easy].
    apply Qle_bool_iff in lows; pose proof (sum_low _ _ _ known summed); lra.
  - destruct (sum_ends high parts) as [total|] eqn:summed; [|easy].
    apply Qle_bool_iff in highs; pose proof (sum_high _ _ _ known summed); lra.
Qed.

(** ** Partition rules *)

Definition rule_score (x : row) (n : nat) : Q :=
  value (base s) x + sum_lines (over s) (lines s) x + value (nth n (maps s) nothing) x.

Lemma check_rule_between x u e n sides tree count :
  in_domain d x -> coordinates_of (box d) x u ->
  (forall own, In own sides -> side_holds s x own) ->
  check_rule d s e n sides tree = Some count -> between (e n) (rule_score x n).
Proof.
  intros in_d at_u sides_hold walked.
  apply (between_same _ (sum_lines (over s) (lines s) x
    + value (add_affine (base s) (nth n (maps s) nothing)) x)).
  { unfold rule_score; rewrite value_add; ring. }
  apply (walk_between d s x u in_d at_u _ _ _ _ sides _) with (3 := walked); [easy|].
  rewrite weigh_lines, value_nothing; ring.
Qed.

Lemma check_from_each e first conditions trees count n own :
  check_from d s e first conditions trees = Some count -> nth_error conditions n = Some own ->
  exists tree m, check_rule d s e (first + n) own tree = Some m.
Proof.
  revert first trees count n.
  induction conditions as [|c conditions IH]; intros first trees count n;
    destruct trees as [|tree trees]; simpl; try easy; [destruct n; easy|].
  destruct (check_rule d s e first c tree) as [m|] eqn:checked; [|easy].
  destruct (check_from d s e (S first) conditions trees) as [others|] eqn:rest; [|easy].
  intros _; destruct n as [|n]; simpl.
  - intros [= <-]; rewrite Nat.add_0_r; eauto.
  - intros known; rewrite Nat.add_succ_r; apply (IH (S first) _ _ _ rest known).
Qed.

Lemma includes_holds x way own :
  includes way own = true -> (forall side, In side way -> side_holds s x side) ->
  forall side, In side own -> side_holds s x side.
Proof.
  unfold includes; rewrite forallb_forall; intros all way_holds side from.
  specialize (all _ from); apply existsb_exists in all as [other [known same]].
  apply andb_prop in same as [split holds]; apply Nat.eqb_eq in split; apply eqb_prop in holds.
  rewrite (surjective_pairing side), split, holds, <- surjective_pairing; auto.
Qed.

Section Ways.

Variables (x u : row) (e : nat -> ends) (complete : bool) (conditions : list (list side)).
Hypothesis in_d : in_domain d x.
Hypothesis at_u : coordinates_of (box d) x u.
Hypothesis rules_hold : forall n own, nth_error conditions n = Some own ->
  (forall side, In side own -> side_holds s x side) -> between (e n) (rule_score x n).

Lemma check_ways_hold t way p p' :
  check_ways d s e complete conditions t way p = Some p' ->
  (forall side, In side way -> side_holds s x side) ->
  forall n, find_rule (splits s) t x = Some n -> between (e n) (rule_score x n).
Proof.
  revert way p p'; induction t as [rule|split holds IHh fails IHf]; simpl; intros way p p' checked
    way_holds n found.
  - destruct Z.ltb; [easy|]; subst rule.
    destruct (nth_error conditions n) as [own|] eqn:known; [|easy].
    destruct (includes way own) eqn:all.
    + eapply rules_hold; [exact known|]; eauto using includes_holds.
    + destruct (paths_left p) as [|tree rest]; [easy|].
      destruct (check_rule d s e n (rev way) tree) eqn:walked; [|easy].
      eapply check_rule_between with (4 := walked); [exact in_d|exact at_u|].
      intros side from; apply way_holds, in_rev, from.
  - destruct (check_ways d s e complete conditions fails ((split, false) :: way) p)
      as [q|] eqn:first; [|easy].
    destruct (Qle_bool 0 (value (nth split (splits s) nothing) x)) eqn:sign.
    + apply (IHh _ _ _ checked); [|exact found].
      intros side [<-|from]; [apply Qle_bool_iff, sign|auto].
    + apply (IHf _ _ _ first); [|exact found].
      intros side [<-|from]; [|auto]; simpl; apply Qnot_le_lt; intros other.
      apply Qle_bool_iff in other; congruence.
Qed.

End Ways.

Lemma check_ways_cover e complete conditions t way p p' x :
  check_ways d s e complete conditions t way p = Some p' -> covers (so_far p') = true ->
  covers (so_far p) = true /\ find_rule (splits s) t x <> None.
Proof.
  revert way p p'.
  induction t as [rule|split holds IHh fails IHf]; simpl; intros way p p' checked all.
  - destruct Z.ltb; [easy|]; destruct rule as [n|].
    + destruct nth_error as [own|]; [|easy]; destruct includes; [injection checked as <-; easy|].
      destruct (paths_left p); [easy|]; destruct check_rule; [injection checked as <-; easy|easy].
    + destruct complete; [easy|]; injection checked as <-; easy.
  - destruct (check_ways d s e complete conditions fails ((split, false) :: way) p)
      as [q|] eqn:first; [|easy].
    destruct (IHh _ _ _ checked all) as [before some]; destruct (IHf _ _ _ first before).
    destruct Qle_bool; easy.
Qed.

Lemma check_rules_between e complete conditions trees paths v x m :
  check_rules d s e complete conditions trees paths = Some v -> in_domain d x ->
  find_rule (splits s) (descent s) x = Some m -> between (e m) (rule_score x m).
Proof.
  unfold check_rules; destruct (check_from d s e 0 conditions trees) as [n|] eqn:each; [|easy].
  destruct check_ways as [p|] eqn:walked; [|easy]; intros _ in_d found.
  destruct (find_row x in_d) as [u at_u].
  apply (check_ways_hold x u e complete conditions in_d at_u) with (2 := walked) (4 := found);
    [|easy].
  intros k own known sides_hold.
  destruct (check_from_each _ _ _ _ _ _ _ each known) as [tree [count checked]].
  eapply check_rule_between; eauto.
Qed.

Lemma check_rules_hold e complete conditions trees paths v :
  check_rules d s (fun _ => e) complete conditions trees paths = Some v -> range_holds d s e.
Proof.
  intros checked x y in_d scored; unfold score in scored.
  destruct (find_rule (splits s) (descent s) x) as [m|] eqn:found; [|easy].
  injection scored as <-; exact (check_rules_between _ _ _ _ _ _ _ _ checked in_d found).
Qed.

End Check.
