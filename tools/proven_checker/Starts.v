(** What the check of an answer begins with, is true of rows: affine functions, cells, targets. *)

From Coq Require Import List QArith Qabs ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells Trees Shares TakesHold TreesHold Answers.
Import ListNotations.
Open Scope Q_scope.

Local Opaque Qred.

(** ** Affine functions *)

Lemma sum_products_add a b xs :
  sum_products (add_numbers a b) xs == sum_products a xs + sum_products b xs.
Proof.
  revert b xs; induction a as [|c a IH]; intros [|e b] [|x xs]; simpl; try lra.
  rewrite IH, Qred_correct; lra.
Qed.

Lemma nth_add_numbers a b m : nth m (add_numbers a b) 0 == nth m a 0 + nth m b 0.
Proof.
  revert b m; induction a as [|c a IH]; intros [|e b] [|m]; simpl; rewrite ?Qred_correct; auto; lra.
Qed.

Lemma sum_chosen_add a b ms : sum_chosen (add_members a b) ms == sum_chosen a ms + sum_chosen b ms.
Proof.
  revert b ms; induction a as [|c a IH]; intros [|e b] [|m ms]; simpl; try lra.
  rewrite IH, nth_add_numbers; lra.
Qed.

Lemma value_add a b x : value (add_affine a b) x == value a x + value b x.
Proof.
  unfold value; simpl; rewrite sum_products_add, sum_chosen_add, Qred_correct; lra.
Qed.

Lemma value_minus a x : value (minus_affine a) x == - value a x.
Proof.
  unfold value; simpl.
  assert (sum_products (map Qopp (of_numbers a)) (numbers x)
          == - sum_products (of_numbers a) (numbers x)) as ->.
  { generalize (numbers x); induction (of_numbers a) as [|c cs IH]; intros [|v vs]; simpl; try lra.
    rewrite IH; lra. }
  assert (sum_chosen (map (map Qopp) (of_members a)) (members x)
          == - sum_chosen (of_members a) (members x)) as ->; [|lra].
  generalize (members x); induction (of_members a) as [|c cs IH]; intros [|m ms]; simpl; try lra.
  rewrite IH; enough (nth m (map Qopp c) 0 == - nth m c 0) by lra.
  clear; revert m; induction c as [|q c IH]; intros [|m]; simpl; try lra; apply IH.
Qed.

Lemma value_just v x : value (just v) x == v.
Proof. unfold value; simpl; lra. Qed.

Lemma value_nothing x : value nothing x == 0.
Proof. unfold value; simpl; lra. Qed.

Lemma value_zero a x : is_zero a = true -> value a x == 0.
Proof.
  unfold is_zero; intros all; apply andb_prop in all as [all choice].
  apply andb_prop in all as [first plain]; apply Qeq_bool_iff in first; unfold value; rewrite first.
  rewrite forallb_forall in plain, choice.
  assert (sum_products (of_numbers a) (numbers x) == 0) as ->.
  { generalize (numbers x); induction (of_numbers a) as [|c cs IH]; intros [|v vs]; simpl; try lra.
    rewrite IH by (intros; apply plain; now right).
    specialize (plain c (or_introl eq_refl)); apply Qeq_bool_iff in plain; rewrite plain; lra. }
  assert (sum_chosen (of_members a) (members x) == 0) as ->; [|lra].
  generalize (members x); induction (of_members a) as [|c cs IH]; intros [|m ms]; simpl; try lra.
  rewrite IH by (intros; apply choice; now right).
  specialize (choice c (or_introl eq_refl)); rewrite forallb_forall in choice.
  enough (nth m c 0 == 0) by lra.
  destruct (nth_in_or_default m c 0) as [known| ->]; [|lra].
  apply Qeq_bool_iff, choice, known.
Qed.

(** ** Members *)

Lemma within_bool_iff r v : within_bool r v = true <-> within r v.
Proof. unfold within_bool, within; rewrite andb_true_iff, !Qle_bool_iff; easy. Qed.

Lemma fits_from_iff i m group :
  fits_from i m group = true <->
  forall j r, nth_error group j = Some r -> within r (if Nat.eqb (i + j) m then 1 else 0).
Proof.
  revert i; induction group as [|r group IH]; intros i; simpl.
  - split; [intros _ [|j]; easy|easy].
  - rewrite andb_true_iff, within_bool_iff, IH; split.
    + intros [first others] [|j] s; simpl; [intros [= <-]; now rewrite Nat.add_0_r|].
      intros known; specialize (others j s known); now rewrite Nat.add_succ_r.
    + intros all; split; [specialize (all O r eq_refl); now rewrite Nat.add_0_r in all|].
      intros j s known; specialize (all (S j) s known); now rewrite Nat.add_succ_r in all.
Qed.

Lemma possible_bool_iff group m : possible_bool group m = true <-> possible group m.
Proof.
  unfold possible_bool, possible; rewrite andb_true_iff, Nat.ltb_lt, fits_from_iff; easy.
Qed.

Lemma in_list_possible group m : possible group m -> In m (list_possible group).
Proof.
  intros known; apply filter_In; split; [|now apply possible_bool_iff].
  destruct known; apply in_seq; lia.
Qed.

Lemma possible_allowed groups ms :
  Forall2 possible groups ms ->
  Forall2 (fun own m => In m own) (map list_possible groups) ms.
Proof. induction 1; simpl; constructor; auto using in_list_possible. Qed.

(** ** A row of the domain, and its coordinates *)

Section Row.

Variables (d : domain) (s : scoring) (x u : row).
Hypothesis in_d : in_domain d x.
Hypothesis at_u : coordinates_of (box d) x u.

Definition side_holds (own : side) : Prop :=
  let '(split, holds) := own in
  if holds : bool then 0 <= value (nth split (splits s) nothing) x
  else value (nth split (splits s) nothing) x < 0.

(** Lines at the row, in units. *)
Definition line_values : list Q :=
  map (fun '(z, _) => inject_Z one * value z x) (lines s).

Lemma units_positive v : 0 <= v -> 0 <= inject_Z one * v.
Proof. pose proof one_positive; nra. Qed.

Lemma make_row_holds a (side : bool) :
  (if side then 0 <= value a x else value a x <= 0) ->
  0 <= evaluate (make_row (make_form (box d) a) side) u.
Proof.
  pose proof (make_form_encloses (box d) a x u at_u) as [high low]; pose proof one_positive.
  intros sign; rewrite make_row_evaluates; destruct side; nra.
Qed.

Lemma make_row_strict a :
  value a x < 0 -> 0 < evaluate (make_row (make_form (box d) a) false) u.
Proof.
  pose proof (make_form_encloses (box d) a x u at_u) as [high low]; pose proof one_positive.
  intros sign; rewrite make_row_evaluates; nra.
Qed.

Lemma nothing_told n k t : nth_error (repeat (@None telling) n) k <> Some (Some t).
Proof. revert k; induction n as [|n IH]; intros [|k]; simpl; try easy; apply IH. Qed.

Lemma start_inside sides :
  (forall own, In own sides -> side_holds own) ->
  inside (start d s sides) (map positive_part line_values) u.
Proof.
  intros sides_hold; destruct in_d as [in_box [in_groups in_limits]]; destruct at_u as [place same].
  constructor; simpl.
  - exact (placed_units _ _ _ place).
  - intros v strict known; apply in_app_or in known as [known|known];
      apply in_map_iff in known as [own [made from]].
    + injection made as <- <-; apply make_row_holds; specialize (in_limits own from).
      rewrite value_add, value_just; lra.
    + specialize (sides_hold own from); destruct own as [split holds]; simpl in made, sides_hold.
      injection made as <- <-; destruct holds; simpl.
      * now apply make_row_holds.
      * now apply make_row_strict.
  - rewrite same; apply possible_allowed, in_groups.
  - intros k t known; now destruct (nothing_told _ _ _ known).
  - intros k t i t' known; now destruct (nothing_told _ _ _ known).
Qed.

Lemma line_forms_known weights own k f :
  nth_error (line_forms (make_context d s weights own)) k = Some f ->
  encloses f (nth k line_values 0) u.
Proof.
  unfold line_values; simpl; revert k; induction (lines s) as [|[z w] rest IH]; intros [|k]; simpl;
    try easy; [|apply IH].
  intros [= <-]; apply make_form_encloses, at_u.
Qed.

(** What every target of a range encloses, in units. *)
Definition list_mosts (e : ends) (a : affine) : list Q :=
  match high e with Some h => [inject_Z one * (h - value a x)] | None => [] end
  ++ match low e with Some l => [inject_Z one * (value a x - l)] | None => [] end.

Lemma make_form_near a v :
  value a x == v -> encloses (make_form (box d) a) (inject_Z one * v) u.
Proof.
  intros same; pose proof (make_form_encloses (box d) a x u at_u) as known.
  unfold encloses, near in *; rewrite <- same; exact known.
Qed.

Lemma targets_known e a :
  Forall2 (fun t most => encloses (limit_form t) most u) (list_targets d e a) (list_mosts e a).
Proof.
  apply Forall2_app.
  - destruct (high e); [|constructor]; constructor; [|constructor]; apply make_form_near.
    rewrite value_add, value_just, value_minus; ring.
  - destruct (low e); [|constructor]; constructor; [|constructor]; apply make_form_near.
    rewrite value_add, value_just; ring.
Qed.

Lemma weigh_lines w :
  weigh w (map snd (lines s)) (map positive_part line_values)
  == inject_Z one * sum_lines w (lines s) x.
Proof.
  unfold line_values; induction (lines s) as [|[z weight] rest IH]; simpl; [ring|].
  rewrite IH; pose proof one_positive.
  assert (positive_part (inject_Z one * value z x)
          == inject_Z one * positive_part (value z x)) as ->; [|ring].
  destruct (positive_part_cases (value z x)) as [[sign ->]|[sign ->]];
    destruct (positive_part_cases (inject_Z one * value z x)) as [[other ->]|[other ->]];
    try lra; nra.
Qed.

(** Where all targets of a range are met, a sum and an affine function stay within it. *)
Lemma meets_between e a total :
  Forall2 (meets (inject_Z one * total)) (list_targets d e a) (list_mosts e a) ->
  between e (total + value a x).
Proof.
  intros met; pose proof one_positive as positive; unfold list_targets, list_mosts in met.
  split; intros limit claimed; rewrite claimed in met;
    apply (Qmult_le_l _ _ (inject_Z one)); auto.
  - destruct (high e); simpl app in met.
    + inversion met as [|? ? ? ? _ others]; inversion others as [|? ? ? ? last _].
      unfold meets in last; cbn [upwards] in last; lra.
    + inversion met as [|? ? ? ? last _]; unfold meets in last; cbn [upwards] in last; lra.
  - simpl app in met; inversion met as [|? ? ? ? first _].
    unfold meets in first; cbn [upwards] in first; lra.
Qed.

(** Trees that were walked show that a sum stays within the range: of terms, of weighed lines, and
    of an affine function. *)
Section Walked.

Variables (weights : list Z) (own : affine) (e : ends) (a : affine) (sides : list side) (total : Q).
Hypothesis sides_hold : forall side, In side sides -> side_holds side.
Hypothesis sum : inject_Z one * total
  == inject_Z one * value own x + weigh (over s) weights (map positive_part line_values).

Let ctx := make_context d s weights own.

Lemma walk_between tree count :
  walk ctx (list_targets d e a) (start d s sides) tree = Some count ->
  between e (total + value a x).
Proof.
  intros walked; apply meets_between.
  exact (walk_holds ctx u line_values _ (line_forms_known weights own)
    (make_form_encloses (box d) own x u at_u) _ sum _ _ tree _ count (targets_known e a)
    (start_inside sides sides_hold) walked).
Qed.

Lemma walk_each_between trees count :
  walk_each ctx (list_targets d e a) (start d s sides) trees = Some count ->
  between e (total + value a x).
Proof.
  intros walked; apply meets_between.
  exact (walk_each_holds ctx u line_values _ (line_forms_known weights own)
    (make_form_encloses (box d) own x u at_u) _ sum _ _ trees _ count (targets_known e a)
    (start_inside sides sides_hold) walked).
Qed.

End Walked.

End Row.
