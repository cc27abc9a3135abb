(** The check of an answer: that the score of rules stays within a range. Theorems.v says what
    that shows. *)

From Coq Require Import List QArith Qabs ZArith Bool Arith.
From Proven Require Import Meaning Forms Cells Trees.
Import ListNotations.
Open Scope Q_scope.

(** A side of a split: whether it holds. *)
Definition side := (nat * bool)%type.

(** A part of additive rules: terms and weights of its own, which over all parts add up to those of
    the score; its range, and for each of its ends the tree that shows it. *)
Record part := {
  part_terms : affine;
  part_weights : list Z;
  part_ends : ends;
  part_trees : list node }.

(** What shows a range: parts; or of partition rules the conditions of every rule and a tree that
    starts from these, and trees for ways that miss some. [complete]: whether every way must have a
    rule. *)
Inductive evidence :=
| By_parts (parts : list part)
| By_rules (complete : bool) (conditions : list (list side)) (trees paths : list node).

(** The leaves of all trees; whether every row of the domain has a rule. *)
Record verdict := { leaves : Z; covers : bool }.

(** ** Affine functions *)

Fixpoint add_numbers (a b : list Q) : list Q :=
  match a, b with
  | [], _ => b
  | _, [] => a
  | c :: a', e :: b' => Qred (c + e) :: add_numbers a' b'
  end.

Fixpoint add_members (a b : list (list Q)) : list (list Q) :=
  match a, b with
  | [], _ => b
  | _, [] => a
  | c :: a', e :: b' => add_numbers c e :: add_members a' b'
  end.

Definition add_affine (a b : affine) : affine :=
  {| constant := Qred (constant a + constant b);
     of_numbers := add_numbers (of_numbers a) (of_numbers b);
     of_members := add_members (of_members a) (of_members b) |}.

Definition minus_affine (a : affine) : affine :=
  {| constant := - constant a; of_numbers := map Qopp (of_numbers a);
     of_members := map (map Qopp) (of_members a) |}.

Definition just (v : Q) : affine := {| constant := v; of_numbers := []; of_members := [] |}.

Definition is_zero (a : affine) : bool :=
  Qeq_bool (constant a) 0 && forallb (fun c => Qeq_bool c 0) (of_numbers a)
  && forallb (forallb (fun c => Qeq_bool c 0)) (of_members a).

(** ** Cells to begin with *)

Definition within_bool (r : range) (v : Q) : bool := Qle_bool (lower r) v && Qle_bool v (upper r).

(** All ranges from place i on hold a row's numbers where member m of the group is 1. *)
Fixpoint fits_from (i m : nat) (group : list range) : bool :=
  match group with
  | [] => true
  | r :: rest => within_bool r (if Nat.eqb i m then 1 else 0) && fits_from (S i) m rest
  end.

Definition possible_bool (group : list range) (m : nat) : bool :=
  Nat.ltb m (length group) && fits_from 0 m group.

Definition list_possible (group : list range) : list nat :=
  filter (possible_bool group) (seq 0 (length group)).

(** Not negative in the domain: what a limit, widened, leaves. *)
Definition make_wall (d : domain) (l : limit) : vector :=
  make_row (make_form (box d) (add_affine (terms l) (just (- widened d l)))) false.

Definition make_side (d : domain) (s : scoring) (own : side) : vector * bool :=
  let '(split, holds) := own in
  (make_row (make_form (box d) (nth split (splits s) nothing)) holds, negb holds).

Definition start (d : domain) (s : scoring) (sides : list side) : cell :=
  {| rows := map (fun l => (make_wall d l, false)) (limits d) ++ map (make_side d s) sides;
     allowed := map list_possible (groups d);
     told := repeat None (length (lines s)) |}.

(** ** Targets *)

(** That an affine function, and what is to be added to it, stay within the range. *)
Definition list_targets (d : domain) (e : ends) (a : affine) : list target :=
  match high e with
  | Some h => [{| upwards := true;
                  limit_form := make_form (box d) (add_affine (just h) (minus_affine a)) |}]
  | None => []
  end ++
  match low e with
  | Some l => [{| upwards := false;
                  limit_form := make_form (box d) (add_affine a (just (- l))) |}]
  | None => []
  end.

Definition make_context (d : domain) (s : scoring) (weights : list Z) (own : affine) : context :=
  {| line_forms := map (fun '(z, _) => make_form (box d) z) (lines s);
     weights := weights; denominator := over s; own := make_form (box d) own |}.

(** ** Parts *)

Fixpoint same_integers (a b : list Z) : bool :=
  match a, b with
  | [], [] => true
  | v :: a', w :: b' => Z.eqb v w && same_integers a' b'
  | _, _ => false
  end.

Definition zeros (weights : list Z) : list Z := map (fun _ => 0%Z) weights.

(** The parts add up to the score, which has no tree. *)
Definition add_up (s : scoring) (parts : list part) : bool :=
  is_zero (add_affine (base s) (minus_affine
    (fold_right (fun p => add_affine (part_terms p)) (just (constant (base s))) parts)))
  && same_integers (map snd (lines s))
       (fold_right (fun p => add_lists (part_weights p)) (zeros (map snd (lines s))) parts)
  && match descent s, maps s with Ends (Some O), [] => true | _, _ => false end.

(** The sum of the parts' ends; where one isn't claimed there is none. *)
Fixpoint sum_ends (end_of : ends -> option Q) (parts : list part) : option Q :=
  match parts with
  | [] => Some 0
  | p :: rest =>
      match end_of (part_ends p), sum_ends end_of rest with
      | Some v, Some total => Some (Qred (v + total))
      | _, _ => None
      end
  end.

(** The parts' ranges add up to no more than the range. *)
Definition ends_add_up (s : scoring) (e : ends) (parts : list part) : bool :=
  match low e, sum_ends low parts with
  | Some l, Some total => Qle_bool l (constant (base s) + total)
  | Some _, None => false
  | None, _ => true
  end &&
  match high e, sum_ends high parts with
  | Some h, Some total => Qle_bool (constant (base s) + total) h
  | Some _, None => false
  | None, _ => true
  end.

Definition check_part (d : domain) (s : scoring) (p : part) : option Z :=
  walk_each (make_context d s (part_weights p) (part_terms p))
    (list_targets d (part_ends p) nothing) (start d s []) (part_trees p).

Definition check_parts (d : domain) (s : scoring) (e : ends) (parts : list part) : option verdict :=
  if add_up s parts && ends_add_up s e parts then
    match fold_right (fun p => add_counts (check_part d s p)) (Some 0%Z) parts with
    | Some n => Some {| leaves := n; covers := true |}
    | None => None
    end
  else None.

(** ** Partition rules *)

(** A cell on these sides, where the rule's score is to stay within its range, of which every rule
    may have one of its own. *)
Definition check_rule (d : domain) (s : scoring) (e : nat -> ends) (rule : nat) (sides : list side)
    (tree : node) : option Z :=
  walk (make_context d s (map snd (lines s)) nothing)
    (list_targets d (e rule) (add_affine (base s) (nth rule (maps s) nothing)))
    (start d s sides) tree.

(** A tree for every rule, from the one with this number on. *)
Fixpoint check_from (d : domain) (s : scoring) (e : nat -> ends) (rule : nat)
    (conditions : list (list side)) (trees : list node) : option Z :=
  match conditions, trees with
  | [], [] => Some 0%Z
  | own :: conditions', tree :: trees' =>
      add_counts (check_rule d s e rule own tree) (check_from d s e (S rule) conditions' trees')
  | _, _ => None
  end.

Definition same_side (a b : side) : bool := Nat.eqb (fst a) (fst b) && Bool.eqb (snd a) (snd b).

Definition includes (way sides : list side) : bool :=
  forallb (fun own => existsb (same_side own) way) sides.

(** What is left while ways are gone through: trees, sides that all ways together may still have. *)
Record progress := { paths_left : list node; sides_left : Z; so_far : verdict }.

(** Ways of more sides together are refused. *)
Definition most_sides : Z := 2 ^ 24.

(** Every way down a tree; [way]: the sides so far, the last one first. *)
Fixpoint check_ways (d : domain) (s : scoring) (e : nat -> ends) (complete : bool)
    (conditions : list (list side)) (t : tree) (way : list side) (p : progress) : option progress :=
  match t with
  | Cut split holds fails =>
      match check_ways d s e complete conditions fails ((split, false) :: way) p with
      | Some p' => check_ways d s e complete conditions holds ((split, true) :: way) p'
      | None => None
      end
  | Ends rule =>
      let left := (sides_left p - Z.of_nat (length way))%Z in
      if Z.ltb left 0 then None else
      match rule with
      | None =>
          if complete then None else
          Some {| paths_left := paths_left p; sides_left := left;
                  so_far := {| leaves := leaves (so_far p); covers := false |} |}
      | Some n =>
          match nth_error conditions n with
          | None => None
          | Some own =>
              if includes way own then
                Some {| paths_left := paths_left p; sides_left := left; so_far := so_far p |}
              else
                match paths_left p with
                | [] => None
                | tree :: rest =>
                    match check_rule d s e n (rev way) tree with
                    | Some count =>
                        Some {| paths_left := rest; sides_left := left;
                                so_far := {| leaves := leaves (so_far p) + count;
                                             covers := covers (so_far p) |} |}
                    | None => None
                    end
                end
          end
      end
  end.

Definition check_rules (d : domain) (s : scoring) (e : nat -> ends) (complete : bool)
    (conditions : list (list side)) (trees paths : list node) : option verdict :=
  match check_from d s e 0 conditions trees with
  | None => None
  | Some count =>
      match check_ways d s e complete conditions (descent s) []
              {| paths_left := paths; sides_left := most_sides;
                 so_far := {| leaves := count; covers := true |} |} with
      | Some p => match paths_left p with [] => Some (so_far p) | _ => None end
      | None => None
      end
  end.

Definition check_range (d : domain) (s : scoring) (e : ends) (by_ : evidence) : option verdict :=
  match by_ with
  | By_parts parts => check_parts d s e parts
  | By_rules complete conditions trees paths =>
      check_rules d s (fun _ => e) complete conditions trees paths
  end.
