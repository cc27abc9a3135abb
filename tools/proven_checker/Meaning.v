(** What rules files and claims mean.

    An auditor reads this file, Networks.v and the two theorems at the end of Theorems.v; all else
    is proof, which Coq has checked. Numbers are exact rationals (Q): every float64 is one. *)

From Coq Require Import List QArith Qabs ZArith.
Import ListNotations.
Open Scope Q_scope.

(** ** Rows and affine functions *)

(** A row: its numbers, and of every one-hot group the member that is 1, counted from 0. *)
Record row := { numbers : list Q; members : list nat }.

(** An affine function: a constant, a coefficient of every number, and for every group the
    coefficients of its members. What is missing at the end of a list is 0. *)
Record affine := { constant : Q; of_numbers : list Q; of_members : list (list Q) }.

Fixpoint sum_products (a x : list Q) : Q :=
  match a, x with
  | c :: a', v :: x' => c * v + sum_products a' x'
  | _, _ => 0
  end.

(** The coefficients of the members that are 1; those of all others are multiplied by 0. *)
Fixpoint sum_chosen (a : list (list Q)) (chosen : list nat) : Q :=
  match a, chosen with
  | c :: a', m :: chosen' => nth m c 0 + sum_chosen a' chosen'
  | _, _ => 0
  end.

Definition value (a : affine) (x : row) : Q :=
  constant a + sum_products (of_numbers a) (numbers x) + sum_chosen (of_members a) (members x).

(** ** The domain *)

(** The least and the largest value of a column. *)
Record range := { lower : Q; upper : Q }.

Definition within (r : range) (v : Q) : Prop := lower r <= v /\ v <= upper r.

(** A limit: terms (without a constant) that come to [at_most] at most. *)
Record limit := { terms : affine; at_most : Q }.

(** Columns of numbers; groups, with the range of each member; limits. *)
Record domain := { box : list range; groups : list (list range); limits : list limit }.

(** Member m may be the one that is 1: all others may be 0, and it may be 1. *)
Definition possible (group : list range) (m : nat) : Prop :=
  (m < length group)%nat /\
  forall i r, nth_error group i = Some r -> within r (if Nat.eqb i m then 1 else 0).

(** The largest sum of absolute terms over ranges. *)
Fixpoint reach (a : list Q) (ranges : list range) : Q :=
  match a, ranges with
  | c :: a', r :: ranges' =>
      Qabs c * (if Qle_bool (Qabs (lower r)) (Qabs (upper r)) then Qabs (upper r)
                else Qabs (lower r)) + reach a' ranges'
  | _, _ => 0
  end.

Fixpoint reach_members (a : list (list Q)) (groups : list (list range)) : Q :=
  match a, groups with
  | c :: a', g :: groups' => reach c g + reach_members a' groups'
  | _, _ => 0
  end.

(** Rows may exceed a limit by this share of its terms, as float64 rounds their sum. *)
Definition forgiven : Q := 9 # 8000000000000.

Definition widened (d : domain) (l : limit) : Q :=
  at_most l + forgiven * (Qabs (at_most l)
    + (reach (of_numbers (terms l)) (box d) + reach_members (of_members (terms l)) (groups d))).

Definition in_domain (d : domain) (x : row) : Prop :=
  Forall2 within (box d) (numbers x) /\
  Forall2 possible (groups d) (members x) /\
  forall l, In l (limits d) -> value (terms l) x <= widened d l.

(** ** Rules and their score *)

(** Partition rules: a row goes down a tree, by splits that hold where they aren't negative, to a
    rule, or to none. Rules that are lines alone have the tree [Ends (Some 0)]. *)
Inductive tree :=
| Ends (rule : option nat)
| Cut (split : nat) (holds fails : tree).

(** A line adds weight / over times max(0, z); the denominator [over] is that of all lines.
    The score is the base, plus what lines add, plus the map of the rule that the row is led to. *)
Record scoring := {
  base : affine;
  lines : list (affine * Z);
  over : positive;
  splits : list affine;
  descent : tree;
  maps : list affine }.

Definition nothing : affine := {| constant := 0; of_numbers := []; of_members := [] |}.

Fixpoint find_rule (splits : list affine) (t : tree) (x : row) : option nat :=
  match t with
  | Ends rule => rule
  | Cut s holds fails =>
      if Qle_bool 0 (value (nth s splits nothing) x) then find_rule splits holds x
      else find_rule splits fails x
  end.

Definition positive_part (v : Q) : Q := if Qle_bool 0 v then v else 0.

Fixpoint sum_lines (over : positive) (lines : list (affine * Z)) (x : row) : Q :=
  match lines with
  | [] => 0
  | (z, weight) :: rest => (weight # over) * positive_part (value z x) + sum_lines over rest x
  end.

(** The score of a row; none where no rule holds. *)
Definition score (s : scoring) (x : row) : option Q :=
  match find_rule (splits s) (descent s) x with
  | Some rule =>
      Some (value (base s) x + sum_lines (over s) (lines s) x + value (nth rule (maps s) nothing) x)
  | None => None
  end.

(** ** Claims *)

(** The ends of a range; those that are None aren't claimed. *)
Record ends := { low : option Q; high : option Q }.

Definition between (e : ends) (v : Q) : Prop :=
  (forall l, low e = Some l -> l <= v) /\ (forall h, high e = Some h -> v <= h).

(** No row of the domain has a score outside the range. *)
Definition range_holds (d : domain) (s : scoring) (e : ends) : Prop :=
  forall x v, in_domain d x -> score s x = Some v -> between e v.

(** A row, and a score that it is said to reach. *)
Record shown_row := { at_row : row; reached : Q }.

(** The row is in the domain, and its score is at most [reached], or at least. *)
Definition row_reaches (d : domain) (s : scoring) (least : bool) (r : shown_row) : Prop :=
  in_domain d (at_row r) /\
  exists v, score s (at_row r) = Some v /\ (if least then v <= reached r else reached r <= v).

(** What the certificate of an answer claims: a range, and rows near its ends. *)
Record claim := {
  of_domain : domain;
  of_score : scoring;
  claimed : ends;
  lowest_row : option shown_row;
  highest_row : option shown_row }.

Definition claim_holds (c : claim) : Prop :=
  range_holds (of_domain c) (of_score c) (claimed c) /\
  (forall r, lowest_row c = Some r -> row_reaches (of_domain c) (of_score c) true r) /\
  (forall r, highest_row c = Some r -> row_reaches (of_domain c) (of_score c) false r).

(** Every row of the domain has a rule, and so a score. *)
Definition all_have_rules (c : claim) : Prop :=
  forall x, in_domain (of_domain c) x -> exists v, score (of_score c) x = Some v.
