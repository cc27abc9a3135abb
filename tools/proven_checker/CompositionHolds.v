(** Composed layers give what the model gives, and so what is shown of lines holds of the model. *)

From Coq Require Import List QArith Qabs ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Networks Forms Cells Trees Shares TakesHold TreesHold Answers
  Judging Starts AnswersHold Composition.
Import ListNotations.
Open Scope Q_scope.

Local Opaque Qred.

Section Row.

(** All neurons that there will be, and their positive parts at a row. *)
Variables (x : row) (all : list affine).

Let parts := map (fun z => positive_part (value z x)) all.

Definition gives (s : signal) (v : Q) : Prop :=
  value (part_of s) x + sum_products (reads s) parts == v.

Lemma sum_products_times w a xs : sum_products (map (Qmult w) a) xs == w * sum_products a xs.
Proof.
  revert xs; induction a as [|c a IH]; intros [|v xs]; simpl; try lra; rewrite IH; ring.
Qed.

Lemma value_times w a : value (times_affine w a) x == w * value a x.
Proof.
  unfold value; simpl; rewrite sum_products_times, sum_chosen_times; ring.
Qed.

Lemma combine_gives c weights ss vs :
  Forall2 gives ss vs -> gives (combine_signals c weights ss) (c + sum_products weights vs).
Proof.
  unfold gives; intros known; revert weights.
  induction known as [|s v ss vs here _ IH]; intros [|w weights]; simpl;
    try (rewrite value_just; ring).
  destruct (Qeq_bool w 0) eqn:none.
  - apply Qeq_bool_iff in none; rewrite IH, none; ring.
  - simpl; rewrite value_add, value_times, sum_products_add, sum_products_times.
    specialize (IH weights); rewrite <- here.
    transitivity (w * (value (part_of s) x + sum_products (reads s) parts)
      + (value (part_of (combine_signals c weights ss)) x
         + sum_products (reads (combine_signals c weights ss)) parts)); [ring|rewrite IH; ring].
Qed.

Lemma compose_affine_gives weights constants ss vs :
  Forall2 gives ss vs ->
  Forall2 gives (compose_affine weights constants ss) (apply_affine weights constants vs).
Proof.
  intros known; revert constants; induction weights as [|w weights IH]; intros [|c constants];
    simpl; constructor; auto using combine_gives.
Qed.

Lemma reads_none_zero s : reads_none s = true -> sum_products (reads s) parts == 0.
Proof.
  unfold reads_none; generalize parts; induction (reads s) as [|w ws IH]; intros [|p ps]; simpl;
    try lra; intros both; apply andb_prop in both as [first others].
  apply Qeq_bool_iff in first; rewrite first, IH by easy; lra.
Qed.

Lemma sum_products_at k w ps : sum_products (repeat 0 k ++ [w]) ps == w * nth k ps 0.
Proof.
  revert ps; induction k as [|k IH]; intros [|p ps]; simpl; try lra.
  rewrite IH; ring.
Qed.

Lemma compose_prelu_grows slopes ss known n :
  compose_prelu slopes ss known = Some n -> exists more, neurons n = known ++ more.
Proof.
  revert ss known n; induction slopes as [|a slopes IH]; intros [|s ss] known n; simpl;
    try (intros [= <-]; exists []; simpl; now rewrite app_nil_r).
  destruct (Qeq_bool a 1).
  - destruct compose_prelu as [m|] eqn:found; [|easy]; intros [= <-]; exact (IH _ _ _ found).
  - destruct reads_none; [|easy].
    destruct compose_prelu as [m|] eqn:found; [|easy]; intros [= <-]; simpl.
    destruct (IH _ _ _ found) as [more grown]; exists (part_of s :: more).
    now rewrite grown, <- app_assoc.
Qed.

Lemma bend_parts a v : bend a v == a * v + (1 - a) * positive_part v.
Proof. unfold bend, positive_part; destruct Qle_bool; ring. Qed.

Lemma nth_parts_at known z more :
  all = known ++ z :: more -> nth (length known) parts 0 = positive_part (value z x).
Proof.
  intros whole; unfold parts; rewrite whole, map_app, app_nth2; rewrite map_length; [|lia].
  now rewrite Nat.sub_diag.
Qed.

Lemma compose_prelu_gives slopes ss known n vs extra :
  compose_prelu slopes ss known = Some n -> all = neurons n ++ extra ->
  Forall2 gives ss vs -> Forall2 gives (signals n) (apply_prelu slopes vs).
Proof.
  intros found whole related; revert slopes known n found whole.
  induction related as [|s v ss vs here _ IH]; intros [|a slopes] known n; simpl;
    try (intros [= <-]; constructor).
  destruct (Qeq_bool a 1) eqn:straight.
  - destruct compose_prelu as [m|] eqn:found; [|easy]; intros [= <-] whole; simpl in *.
    constructor; [|eauto]; apply Qeq_bool_iff in straight; unfold gives in *.
    rewrite here, bend_parts, straight; ring.
  - destruct reads_none eqn:none; [|easy].
    destruct compose_prelu as [m|] eqn:found; [|easy]; intros [= <-] whole; simpl in *.
    constructor; [|eauto]; unfold gives in *; simpl.
    destruct (compose_prelu_grows _ _ _ _ found) as [more grown].
    rewrite grown, <- app_assoc, <- app_assoc in whole; simpl in whole.
    rewrite value_times, sum_products_at, (nth_parts_at _ _ _ whole), bend_parts.
    rewrite (reads_none_zero _ none) in here.
    assert (value (part_of s) x == v) as same by (rewrite <- here; ring).
    destruct (positive_part_cases (value (part_of s) x)) as [[? ->]|[? ->]];
      destruct (positive_part_cases v) as [[? ->]|[? ->]]; rewrite ?same; try ring; lra.
Qed.

Lemma compose_grows layers n m :
  compose layers n = Some m -> exists more, neurons m = neurons n ++ more.
Proof.
  revert n m; induction layers as [|[weights constants|slopes] rest IH]; simpl; intros n m.
  - intros [= <-]; exists []; now rewrite app_nil_r.
  - intros found; apply IH in found; exact found.
  - destruct compose_prelu as [n'|] eqn:found; [|easy]; intros others.
    destruct (compose_prelu_grows _ _ _ _ found) as [more grown].
    destruct (IH _ _ others) as [later ->]; exists (more ++ later); now rewrite grown, app_assoc.
Qed.

Lemma compose_gives layers n m vs :
  compose layers n = Some m -> all = neurons m ->
  Forall2 gives (signals n) vs -> Forall2 gives (signals m) (run layers vs).
Proof.
  revert n m vs; induction layers as [|[weights constants|slopes] rest IH]; simpl; intros n m vs.
  - intros [= <-]; auto.
  - intros found whole related; eapply IH; [exact found|exact whole|].
    now apply compose_affine_gives.
  - destruct compose_prelu as [n'|] eqn:found; [|easy]; intros others whole related.
    destruct (compose_grows _ _ _ others) as [extra grown].
    eapply IH; [exact others|exact whole|].
    eapply compose_prelu_gives; [exact found|rewrite whole; exact grown|exact related].
Qed.

Lemma nth_unit m k : nth k (unit_list m) 0 = if Nat.eqb k m then 1 else 0.
Proof.
  unfold unit_list; revert k; induction m as [|m IH]; intros [|k]; simpl; auto; now destruct k.
Qed.

Lemma start_gives p : gives (start_signal p) (read_input x p).
Proof.
  unfold gives, value; destruct p as [j|g m]; simpl.
  - unfold unit_list; rewrite sum_products_at; lra.
  - assert (sum_chosen (repeat [] g ++ [unit_list m]) (members x)
            == match nth_error (members x) g with
               | Some chosen => if Nat.eqb chosen m then 1 else 0
               | None => 0
               end) as ->; [|lra].
    generalize (members x); induction g as [|g IH]; intros [|k ms]; simpl; try lra.
    + rewrite nth_unit; lra.
    + rewrite IH; destruct k; lra.
Qed.

Lemma compose_model_gives layers inputs m :
  compose_model layers inputs = Some m -> all = neurons m ->
  Forall2 gives (signals m) (model_scores layers inputs x).
Proof.
  intros found whole; eapply compose_gives; [exact found|exact whole|]; simpl; clear.
  induction inputs; simpl; constructor; auto using start_gives.
Qed.

End Row.

(** ** Lines *)

Lemma sum_no_lines d zs x : sum_lines d (map (fun z => (z, 0%Z)) zs) x == 0.
Proof.
  induction zs as [|z zs IH]; simpl; [lra|]; rewrite IH, over_one; ring.
Qed.

Lemma make_lines_sum d zs ws lines x :
  make_lines d zs ws = Some lines ->
  sum_lines d lines x == sum_products ws (map (fun z => positive_part (value z x)) zs).
Proof.
  revert ws lines; induction zs as [|z zs IH]; intros [|w ws] lines; simpl; try easy.
  - intros [= <-]; simpl; lra.
  - intros [= <-]; simpl; rewrite sum_no_lines, over_one; ring.
  - destruct (Qeq_bool (weigh_over d w # d) w) eqn:same; [|easy].
    destruct make_lines as [rest|] eqn:found; [|easy]; intros [= <-]; simpl.
    apply Qeq_bool_iff in same; rewrite same, (IH _ _ found); ring.
Qed.

(** ** What is accepted holds *)

Lemma nth_minus n ms x :
  value (nth n (map minus_affine ms) nothing) x == - value (nth n ms nothing) x.
Proof.
  revert n; induction ms as [|m ms IH]; intros [|n]; simpl; auto using value_minus;
    rewrite value_nothing; lra.
Qed.

Lemma check_score_holds c n complete conditions i e v x rule :
  compose_model (layers_of c) (inputs_of c) = Some n ->
  check_score c n complete conditions i e = Some v ->
  in_domain (domain_of c) x -> find_rule (splits_of c) (descent_of c) x = Some rule ->
  score_within c i x rule.
Proof.
  intros composed; unfold check_score, difference.
  destruct (nth_error (signals n) i) as [s|] eqn:here; [|easy].
  destruct make_lines as [lines|] eqn:made; [|easy]; intros checked in_d found.
  pose proof (check_rules_between _ _ _ _ _ _ _ _ _ _ checked in_d found) as within.
  unfold rule_score in within; simpl in within.
  pose proof (compose_model_gives x (neurons n) _ _ _ composed eq_refl) as all.
  assert (gives x (neurons n) s (nth i (model_scores (layers_of c) (inputs_of c) x) 0)) as same.
  { clear - here all; revert i here; induction all as [|t v ts vs first _ IH]; intros [|i];
      simpl; try easy; [now intros [= <-]|apply IH]. }
  unfold gives in same; rewrite <- (make_lines_sum _ _ _ _ _ made) in same.
  unfold score_within, ends_of in *.
  destruct (nth rule (nth i (bounds_of c) []) (0, 0)) as [above below].
  destruct within as [lowest highest].
  specialize (lowest _ eq_refl); specialize (highest _ eq_refl).
  rewrite nth_minus in lowest, highest; rewrite same in lowest, highest; lra.
Qed.

Lemma check_scores_each c n complete conditions first es vs i :
  check_scores c n complete conditions first es = Some vs -> (i < length es)%nat ->
  exists e v, check_score c n complete conditions (first + i) e = Some v.
Proof.
  revert first vs i; induction es as [|e es IH]; simpl; intros first vs i; [lia|].
  destruct (check_score c n complete conditions first e) as [v|] eqn:here; [|easy].
  destruct (check_scores c n complete conditions (S first) es) as [rest|] eqn:others; [|easy].
  intros _ small; destruct i as [|i]; [rewrite Nat.add_0_r; eauto|].
  rewrite Nat.add_succ_r; apply (IH (S first) rest i others); lia.
Qed.

Lemma check_scores_cover c n complete conditions first es vs v x :
  check_scores c n complete conditions first es = Some vs -> In v vs -> covers v = true ->
  find_rule (splits_of c) (descent_of c) x <> None.
Proof.
  revert first vs; induction es as [|e es IH]; simpl; intros first vs.
  - intros [= <-]; easy.
  - destruct (check_score c n complete conditions first e) as [w|] eqn:here; [|easy].
    destruct (check_scores c n complete conditions (S first) es) as [rest|] eqn:others; [|easy].
    intros [= <-] [->|later] all; [|eauto].
    unfold check_score, difference in here.
    destruct (nth_error (signals n) first) as [s|]; [|easy].
    destruct make_lines as [lines|]; [|easy]; unfold check_rules in here.
    destruct check_from as [m|]; [|easy]; destruct check_ways as [p|] eqn:walked; [|easy].
    destruct (paths_left p); [|easy]; injection here as <-.
    now destruct (check_ways_cover _ _ _ _ _ _ _ _ _ x walked all).
Qed.
