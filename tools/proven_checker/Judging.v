(** The judgement of a whole claim: its range, and its rows. *)

From Coq Require Import List QArith ZArith Bool.
From Proven Require Import Meaning Answers.
Import ListNotations.
Open Scope Q_scope.

(** ** Rows *)

Fixpoint all_within (ranges : list range) (values : list Q) : bool :=
  match ranges, values with
  | [], [] => true
  | r :: ranges', v :: values' => within_bool r v && all_within ranges' values'
  | _, _ => false
  end.

Fixpoint all_possible (groups : list (list range)) (ms : list nat) : bool :=
  match groups, ms with
  | [], [] => true
  | g :: groups', m :: ms' => possible_bool g m && all_possible groups' ms'
  | _, _ => false
  end.

Definition in_domain_bool (d : domain) (x : row) : bool :=
  all_within (box d) (numbers x) && all_possible (groups d) (members x)
  && forallb (fun l => Qle_bool (value (terms l) x) (widened d l)) (limits d).

(** The row is in the domain, and its score is at most [reached], or at least. *)
Definition check_row (d : domain) (s : scoring) (least : bool) (r : shown_row) : bool :=
  in_domain_bool d (at_row r) &&
  match score s (at_row r) with
  | Some v => if least then Qle_bool v (reached r) else Qle_bool (reached r) v
  | None => false
  end.

(** ** The whole *)

(** Something is claimed, and the ends are in order. *)
Definition in_order (e : ends) : bool :=
  match low e, high e with
  | None, None => false
  | Some l, Some h => Qle_bool l h
  | _, _ => true
  end.

Definition check_shown (c : claim) (least : bool) (limit : option Q) (r : option shown_row)
    : bool :=
  match r, limit with
  | None, _ => true
  | Some _, None => false
  | Some r', Some _ => check_row (of_domain c) (of_score c) least r'
  end.

(** What the evidence shows of the claim; none where it is refused. *)
Definition judge (c : claim) (by_ : evidence) : option verdict :=
  if in_order (claimed c)
     && check_shown c true (low (claimed c)) (lowest_row c)
     && check_shown c false (high (claimed c)) (highest_row c)
  then check_range (of_domain c) (of_score c) (claimed c) by_
  else None.
