(** Affine functions in fixed point, with a radius ("forms" of docs/certificates.md), and what they
    enclose. *)

From Coq Require Import List QArith Qabs Qround ZArith Lia Lqa.
From Proven Require Import Meaning.
Import ListNotations.
Open Scope Q_scope.

(** Units of a form: 2^192 of them are 1. *)
Definition one : Z := 2 ^ 192.

Lemma one_positive : 0 < inject_Z one.
Proof. reflexivity. Qed.

Global Opaque one.

(** Linear arithmetic, in which the integers 0 and 1 are rationals. *)
Ltac linear :=
  change (inject_Z 0) with 0 in *; change (inject_Z 1) with 1 in *; lra.

(** Integers that stand for an affine function of coordinates u, of which the numbers are from -1
    to 1. *)
Record vector := { fixed : Z; plain : list Z; choices : list (list Z) }.

(** A vector from which the true function is off by at most the radius. *)
Record form := { centre : vector; radius : Z }.

Fixpoint dot (a : list Z) (u : list Q) : Q :=
  match a, u with
  | c :: a', v :: u' => inject_Z c * v + dot a' u'
  | _, _ => 0
  end.

Fixpoint pick (a : list (list Z)) (chosen : list nat) : Q :=
  match a, chosen with
  | c :: a', m :: chosen' => inject_Z (nth m c 0%Z) + pick a' chosen'
  | _, _ => 0
  end.

(** The value of a vector at coordinates. *)
Definition evaluate (v : vector) (u : row) : Q :=
  inject_Z (fixed v) + dot (plain v) (numbers u) + pick (choices v) (members u).

(** ** Sums and multiples *)

Fixpoint add_lists (a b : list Z) : list Z :=
  match a, b with
  | [], _ => b
  | _, [] => a
  | c :: a', e :: b' => (c + e)%Z :: add_lists a' b'
  end.

Fixpoint add_choices (a b : list (list Z)) : list (list Z) :=
  match a, b with
  | [], _ => b
  | _, [] => a
  | c :: a', e :: b' => add_lists c e :: add_choices a' b'
  end.

Definition add (a b : vector) : vector :=
  {| fixed := fixed a + fixed b; plain := add_lists (plain a) (plain b);
     choices := add_choices (choices a) (choices b) |}.

Definition scale (w : Z) (a : vector) : vector :=
  {| fixed := w * fixed a; plain := map (Z.mul w) (plain a);
     choices := map (map (Z.mul w)) (choices a) |}.

Definition zero : vector := {| fixed := 0; plain := []; choices := [] |}.

Lemma dot_add a b u : dot (add_lists a b) u == dot a u + dot b u.
Proof.
  revert b u; induction a as [|c a IH]; intros [|e b] [|v u]; simpl; try linear.
  rewrite IH, inject_Z_plus; linear.
Qed.

Lemma nth_add a b m : nth m (add_lists a b) 0%Z = (nth m a 0 + nth m b 0)%Z.
Proof. revert b m; induction a as [|c a IH]; intros [|e b] [|m]; simpl; auto; lia. Qed.

Lemma pick_add a b ms : pick (add_choices a b) ms == pick a ms + pick b ms.
Proof.
  revert b ms; induction a as [|c a IH]; intros [|e b] [|m ms]; simpl; try linear.
  rewrite IH, nth_add, inject_Z_plus; linear.
Qed.

Lemma evaluate_add a b u : evaluate (add a b) u == evaluate a u + evaluate b u.
Proof. unfold evaluate; simpl; rewrite dot_add, pick_add, inject_Z_plus; linear. Qed.

Lemma dot_scale w a u : dot (map (Z.mul w) a) u == inject_Z w * dot a u.
Proof.
  revert u; induction a as [|c a IH]; intros [|v u]; simpl; try linear.
  rewrite IH, inject_Z_mult; linear.
Qed.

Lemma nth_scale w a m : nth m (map (Z.mul w) a) 0%Z = (w * nth m a 0)%Z.
Proof. revert m; induction a as [|c a IH]; intros [|m]; simpl; auto; lia. Qed.

Lemma pick_scale w a ms : pick (map (map (Z.mul w)) a) ms == inject_Z w * pick a ms.
Proof.
  revert ms; induction a as [|c a IH]; intros [|m ms]; simpl; try linear.
  rewrite IH, nth_scale, inject_Z_mult; linear.
Qed.

Lemma evaluate_scale w a u : evaluate (scale w a) u == inject_Z w * evaluate a u.
Proof. unfold evaluate; simpl; rewrite dot_scale, pick_scale, inject_Z_mult; linear. Qed.

Lemma evaluate_zero u : evaluate zero u == 0.
Proof. unfold evaluate; simpl; linear. Qed.

(** ** Rounding down *)

(** 1 for what isn't whole, else 0. *)
Definition lost (q : Q) : Z := if Z.eqb (Qnum q mod QDen q) 0 then 0 else 1.

Lemma lost_not_negative q : (0 <= lost q)%Z.
Proof. unfold lost; destruct Z.eqb; lia. Qed.

Lemma floor_near q : 0 <= q - inject_Z (Qfloor q) /\ q - inject_Z (Qfloor q) <= inject_Z (lost q).
Proof.
  pose proof (Qfloor_le q); pose proof (Qlt_floor q) as above.
  rewrite inject_Z_plus in above; unfold lost.
  destruct (Z.eqb_spec (Qnum q mod QDen q) 0) as [whole|]; [|change (inject_Z 1) with 1; linear].
  assert (q == inject_Z (Qfloor q)); [|change (inject_Z 0) with 0; linear].
  destruct q as [n d]; unfold Qeq, Qfloor, inject_Z; simpl in *.
  pose proof (Z.div_mod n (Zpos d)); lia.
Qed.

Fixpoint count_lost (a : list Q) : Z :=
  match a with [] => 0 | q :: a' => lost q + count_lost a' end.

Fixpoint count_all_lost (a : list (list Q)) : Z :=
  match a with [] => 0 | c :: a' => count_lost c + count_all_lost a' end.

(** The form of an affine function of the coordinates. *)
Definition round_form (a : affine) : form :=
  {| centre := {| fixed := Qfloor (constant a); plain := map Qfloor (of_numbers a);
                  choices := map (map Qfloor) (of_members a) |};
     radius := lost (constant a) + count_lost (of_numbers a) + count_all_lost (of_members a) |}.

(** v and w differ by at most r. *)
Definition near (r : Z) (v w : Q) : Prop := v - w <= inject_Z r /\ w - v <= inject_Z r.

Definition in_unit (v : Q) : Prop := -(1) <= v /\ v <= 1.

Lemma count_lost_not_negative a : (0 <= count_lost a)%Z.
Proof. induction a as [|q a IH]; simpl; [|pose proof (lost_not_negative q)]; lia. Qed.

Lemma count_all_lost_not_negative a : (0 <= count_all_lost a)%Z.
Proof. induction a as [|q a IH]; simpl; [|pose proof (count_lost_not_negative q)]; lia. Qed.

Lemma nth_floor_near c m : near (count_lost c) (nth m c 0) (inject_Z (nth m (map Qfloor c) 0%Z)).
Proof.
  unfold near; revert m; induction c as [|q c IH]; intros [|m]; simpl; try linear.
  - pose proof (floor_near q); pose proof (count_lost_not_negative c) as others.
    rewrite Zle_Qle in others; rewrite inject_Z_plus; simpl in others; linear.
  - specialize (IH m); pose proof (lost_not_negative q) as first.
    rewrite Zle_Qle in first; rewrite inject_Z_plus; simpl in first; linear.
Qed.

Lemma dot_floor_near a u :
  Forall in_unit u -> near (count_lost a) (sum_products a u) (dot (map Qfloor a) u).
Proof.
  unfold near; revert u; induction a as [|q a IH]; intros [|v u] units; simpl; try linear.
  - pose proof (lost_not_negative q); pose proof (count_lost_not_negative a).
    assert (0 <= lost q + count_lost a)%Z as sum by lia.
    rewrite Zle_Qle in sum; simpl in sum; linear.
  - inversion units as [|? ? [low_v high_v] others]; subst.
    specialize (IH u others); pose proof (floor_near q) as [positive small].
    rewrite inject_Z_plus.
    assert ((q - inject_Z (Qfloor q)) * v <= inject_Z (lost q)) by nra.
    assert (- inject_Z (lost q) <= (q - inject_Z (Qfloor q)) * v) by nra.
    linear.
Qed.

Lemma pick_floor_near a ms :
  near (count_all_lost a) (sum_chosen a ms) (pick (map (map Qfloor) a) ms).
Proof.
  unfold near; revert ms; induction a as [|c a IH]; intros [|m ms]; simpl; try linear.
  - pose proof (count_lost_not_negative c); pose proof (count_all_lost_not_negative a).
    assert (0 <= count_lost c + count_all_lost a)%Z as sum by lia.
    rewrite Zle_Qle in sum; simpl in sum; linear.
  - specialize (IH ms); pose proof (nth_floor_near c m) as []; rewrite inject_Z_plus; linear.
Qed.

(** A form encloses a number at coordinates. *)
Definition encloses (f : form) (v : Q) (u : row) : Prop :=
  near (radius f) v (evaluate (centre f) u).

Lemma round_encloses a u : Forall in_unit (numbers u) -> encloses (round_form a) (value a u) u.
Proof.
  intros units; unfold encloses, near, evaluate, value; simpl.
  pose proof (floor_near (constant a)); pose proof (dot_floor_near (of_numbers a) _ units) as [].
  pose proof (pick_floor_near (of_members a) (members u)) as [].
  rewrite !inject_Z_plus; linear.
Qed.

(** ** Coordinates of the box *)

Definition middle (r : range) : Q := (lower r + upper r) * (1 # 2).
Definition half (r : range) : Q := (upper r - lower r) * (1 # 2).

(** A number is the middle of its range, plus a coordinate times half its width. *)
Fixpoint placed (box : list range) (xs us : list Q) : Prop :=
  match box, xs, us with
  | [], [], [] => True
  | r :: box', x :: xs', u :: us' => x == middle r + half r * u /\ in_unit u /\ placed box' xs' us'
  | _, _, _ => False
  end.

Lemma find_coordinate r x : within r x -> exists u, x == middle r + half r * u /\ in_unit u.
Proof.
  unfold within, middle, half, in_unit; intros [above below].
  destruct (Qlt_le_dec (lower r) (upper r)) as [wide|].
  - exists ((x - middle r) / half r); unfold middle, half; split; [field; linear|].
    split; [apply Qle_shift_div_l|apply Qle_shift_div_r]; linear.
  - exists 0; linear.
Qed.

Lemma find_coordinates box xs : Forall2 within box xs -> exists us, placed box xs us.
Proof.
  induction 1 as [|r x box xs here _ [us others]]; [exists []; exact I|].
  destruct (find_coordinate r x here) as [u [? ?]]; exists (u :: us); simpl; auto.
Qed.

Lemma placed_units box xs us : placed box xs us -> Forall in_unit us.
Proof.
  revert xs us; induction box as [|r box IH]; intros [|x xs] [|u us]; simpl; try easy.
  intros [_ [? ?]]; constructor; eauto.
Qed.

(** An affine function of numbers, by coordinates, in units. *)
Fixpoint sum_middles (a : list Q) (box : list range) : Q :=
  match a, box with
  | c :: a', r :: box' => Qred (c * middle r + sum_middles a' box')
  | _, _ => 0
  end.

Fixpoint scale_halves (a : list Q) (box : list range) : list Q :=
  match a, box with
  | c :: a', r :: box' => inject_Z one * (c * half r) :: scale_halves a' box'
  | _, _ => []
  end.

Definition in_coordinates (box : list range) (a : affine) : affine :=
  {| constant := inject_Z one * (constant a + sum_middles (of_numbers a) box);
     of_numbers := scale_halves (of_numbers a) box;
     of_members := map (map (Qmult (inject_Z one))) (of_members a) |}.

Definition make_form (box : list range) (a : affine) : form := round_form (in_coordinates box a).

Local Opaque Qred.

Lemma sum_in_coordinates a box xs us :
  placed box xs us ->
  inject_Z one * sum_products a xs
  == inject_Z one * sum_middles a box + sum_products (scale_halves a box) us.
Proof.
  revert box xs us; induction a as [|c a IH]; intros [|r box] [|x xs] [|u us]; simpl; try easy;
    intros here; try linear.
  destruct here as [place [_ others]].
  rewrite Qmult_plus_distr_r, (IH _ _ _ others), Qred_correct, place; ring.
Qed.

Lemma nth_times k c m : nth m (map (Qmult k) c) 0 == k * nth m c 0.
Proof. revert m; induction c as [|q c IH]; intros [|m]; simpl; try linear; apply IH. Qed.

Lemma sum_chosen_times k a ms : sum_chosen (map (map (Qmult k)) a) ms == k * sum_chosen a ms.
Proof.
  revert ms; induction a as [|c a IH]; intros [|m ms]; simpl; try linear.
  rewrite IH, nth_times; linear.
Qed.

(** Rows and their coordinates; groups' members are the same in both. *)
Definition coordinates_of (box : list range) (x u : row) : Prop :=
  placed box (numbers x) (numbers u) /\ members u = members x.

Lemma make_form_encloses box a x u :
  coordinates_of box x u -> encloses (make_form box a) (inject_Z one * value a x) u.
Proof.
  intros [place same]; unfold make_form.
  pose proof (round_encloses (in_coordinates box a) u (placed_units _ _ _ place)) as known.
  unfold encloses, near in *; revert known; unfold value; simpl.
  rewrite sum_chosen_times, same.
  pose proof (sum_in_coordinates (of_numbers a) _ _ _ place); linear.
Qed.
