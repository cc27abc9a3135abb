(** Trees that cut a cell until multipliers show what a score is there at most. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells.
Import ListNotations.
Open Scope Q_scope.

(** What is told of a line, as multipliers show how far functions are below and above 0. It is on
    one side of 0, and what is beyond is counted; or its positive part is a share of it and what is
    between 0 and a chord; or what that is more than another line's is a share of what the line is
    more. *)
Inductive take :=
| On_side (line : nat) (positive_side : bool) (shown_by : pairs)
| Chord (line : nat) (share : Z) (below above : pairs)
| Change (line other : nat) (share : Z) (below above : pairs).

Inductive node :=
| Split (takes : list take) (line : nat) (negative positive : node)
| Category (takes : list take) (group member : nat) (is others : node)
| Empty (takes : list take) (by_rows : pairs)
| Leaf (takes : list take) (by_target : list pairs)
| Unreadable.

(** What cells share: forms of lines, their weights over a denominator, and the form of what the
    score has beside lines. *)
Record context := {
  line_forms : list form;
  weights : list Z;
  denominator : positive;
  own : form }.

(** The score, or minus the score, is to be no more than what a form encloses. *)
Record target := { upwards : bool; limit_form : form }.

(** ** What is computed *)

Definition negate (v : vector) : vector := scale (-1) v.

Definition divide (v : vector) (d : positive) : affine :=
  {| constant := fixed v # d; of_numbers := map (fun c => c # d) (plain v);
     of_members := map (map (fun c => c # d)) (choices v) |}.

Fixpoint tell (k : nat) (t : telling) (told : list (option telling)) : list (option telling) :=
  match k, told with
  | _, [] => []
  | O, _ :: rest => Some t :: rest
  | S k', first :: rest => first :: tell k' t rest
  end.

Definition tell_cell (c : cell) (k : nat) (t : telling) : cell :=
  {| rows := rows c; allowed := allowed c; told := tell k t (told c) |}.

(** A line's positive part is told. *)
Definition tell_part (c : cell) (k : nat) (f : form) : cell :=
  tell_cell c k {| says := f; more_than := None |}.

Definition add_row (c : cell) (v : vector) : cell :=
  {| rows := rows c ++ [(v, false)]; allowed := allowed c; told := told c |}.

(** What a line's positive part is on a side of 0, and up to [beyond] on the other one. *)
Definition part_form (f : form) (side : bool) (beyond : Z) : form :=
  if side then {| centre := centre f; radius := radius f + beyond |}
  else {| centre := zero; radius := beyond |}.

(** How far what a form encloses is above 0 at most, or below. *)
Definition bound_beyond (c : cell) (f : form) (above : bool) (ps : pairs) : option Z :=
  match bound_above c (if above then centre f else negate (centre f)) ps with
  | Some most => Some (Z.max 0 (most + radius f))
  | None => None
  end.

Definition halved (v : Z) : Z := v / (2 * fine).
Definition halved_up (v : Z) : Z := round_quotient_up v (2 * fine).

Definition move (v : vector) (by_ : Z) : vector :=
  {| fixed := fixed v + by_; plain := plain v; choices := choices v |}.

(** A share of a form, in units of 2^-64, plus what is between [least] and [most], in units of
    2^-64 times those of forms. *)
Definition share_form (f : form) (share least most : Z) : form :=
  let part := round_form (divide (scale share (centre f)) (Z.to_pos fine)) in
  {| centre := move (centre part) (halved (least + most));
     radius := round_quotient_up (share * radius f) fine + radius part + halved_up (most - least)
               + (if Z.eqb ((least + most) mod (2 * fine)) 0 then 0 else 1) |}.

Definition is_share (share : Z) : bool := Z.leb 0 share && Z.leb share fine.

(** How far a form's function is below 0 at most, and above. *)
Definition bound_both (c : cell) (f : form) (below above : pairs) : option (Z * Z) :=
  match bound_beyond c f false below, bound_beyond c f true above with
  | Some under, Some over => Some (under, over)
  | _, _ => None
  end.

Definition subtract (f g : form) : form :=
  {| centre := add (centre f) (negate (centre g)); radius := radius f + radius g |}.

Definition is_change (told : list (option telling)) (k : nat) : bool :=
  match nth_error told k with
  | Some (Some {| more_than := Some _ |}) => true
  | _ => false
  end.

(** Some line was told as a change from line k. *)
Definition has_change_from (told : list (option telling)) (k : nat) : bool :=
  existsb (fun t => match t with
                    | Some {| more_than := Some i |} => Nat.eqb i k
                    | _ => false
                    end) told.

Definition take_chord (c : cell) (k : nat) (f : form) (share : Z) (below above : pairs)
    : option cell :=
  match bound_both c f below above with
  | Some (under, over) =>
      let most := Z.max (share * under) ((fine - share) * over) in
      if is_share share then Some (tell_part c k (share_form f share 0 most)) else None
  | None => None
  end.

Definition take_change (c : cell) (k i : nat) (f : form) (share : Z) (below above : pairs)
    : option cell :=
  match bound_both c f below above with
  | Some (under, over) =>
      let rest := (fine - share)%Z in
      let least := Z.max (share * over) (rest * under) in
      let most := Z.max (rest * over) (share * under) in
      if is_share share && negb (Nat.eqb k i) && negb (is_change (told c) i)
         && negb (has_change_from (told c) k)
      then Some (tell_cell c k {| says := share_form f share (- least) most;
                                  more_than := Some i |})
      else None
  | None => None
  end.

Definition do_take (ctx : context) (c : cell) (t : take) : option cell :=
  match t with
  | On_side k side ps =>
      match nth_error (line_forms ctx) k with
      | Some f =>
          match bound_beyond c f (negb side) ps with
          | Some beyond => Some (tell_part c k (part_form f side beyond))
          | None => None
          end
      | None => None
      end
  | Chord k share below above =>
      match nth_error (line_forms ctx) k with
      | Some f => take_chord c k f share below above
      | None => None
      end
  | Change k i share below above =>
      match nth_error (line_forms ctx) k, nth_error (line_forms ctx) i with
      | Some f, Some g => take_change c k i (subtract f g) share below above
      | _, _ => None
      end
  end.

Fixpoint do_takes (ctx : context) (c : cell) (ts : list take) : option cell :=
  match ts with
  | [] => Some c
  | t :: rest => match do_take ctx c t with Some c' => do_takes ctx c' rest | None => None end
  end.

(** A vector that isn't negative where the function on this side of 0 is. *)
Definition make_row (f : form) (side : bool) : vector :=
  let v := if side then centre f else negate (centre f) in
  {| fixed := fixed v + radius f; plain := plain v; choices := choices v |}.

Definition cut (c : cell) (k : nat) (f : form) (side : bool) : cell :=
  tell_part (add_row c (make_row f side)) k (part_form f side 0).

Fixpoint keep_members (keep : nat -> bool) (g : nat) (allowed : list (list nat)) :=
  match g, allowed with
  | _, [] => []
  | O, own :: rest => filter keep own :: rest
  | S g', own :: rest => own :: keep_members keep g' rest
  end.

Definition choose (c : cell) (group member : nat) (is : bool) : cell :=
  {| rows := rows c; told := told c;
     allowed := keep_members (fun m => Bool.eqb (Nat.eqb m member) is) group (allowed c) |}.

(** The weights of lines that were told as a change, for the lines that they were a change from. *)
Fixpoint pass_on (ws : list Z) (told : list (option telling)) : list Z :=
  match ws, told with
  | w :: ws', Some {| more_than := Some i |} :: told' =>
      add_lists (repeat 0%Z i ++ [w]) (pass_on ws' told')
  | _ :: ws', _ :: told' => pass_on ws' told'
  | _, _ => []
  end.

(** Weights times what was told of lines; none where nothing was told of a line with a weight. *)
Fixpoint sum_told (ws : list Z) (told : list (option telling)) : option form :=
  match ws, told with
  | [], _ => Some {| centre := zero; radius := 0 |}
  | w :: ws', t :: told' =>
      match sum_told ws' told' with
      | Some total =>
          if Z.eqb w 0 then Some total else
          match t with
          | Some {| says := f |} =>
              Some {| centre := add (scale w (centre f)) (centre total);
                      radius := Z.abs w * radius f + radius total |}
          | None => None
          end
      | None => None
      end
  | _, [] => None
  end.

Definition score_form (ctx : context) (c : cell) : option form :=
  match sum_told (add_lists (pass_on (weights ctx) (told c)) (weights ctx)) (told c) with
  | Some total =>
      let part := round_form (divide (centre total) (denominator ctx)) in
      Some {| centre := add (centre (own ctx)) (centre part);
              radius := radius (own ctx) + round_quotient_up (radius total) (Zpos (denominator ctx))
                        + radius part |}
  | None => None
  end.

Fixpoint check_targets (c : cell) (s : form) (targets : list target) (by_target : list pairs) :=
  match targets with
  | [] => true
  | t :: rest =>
      let towards := if upwards t then centre s else negate (centre s) in
      match bound_above c (add (negate (centre (limit_form t))) towards) (hd [] by_target) with
      | Some most =>
          Z.leb (most + radius (limit_form t) + radius s) 0
          && check_targets c s rest (tl by_target)
      | None => false
      end
  end.

Definition has_no_member (c : cell) : bool :=
  existsb (fun own => match own with [] => true | _ => false end) (allowed c).

Definition add_counts (a b : option Z) : option Z :=
  match a, b with Some n, Some m => Some (n + m)%Z | _, _ => None end.

(** The number of leaves; none where the tree doesn't show that all targets are met. *)
Fixpoint walk (ctx : context) (targets : list target) (c : cell) (n : node) : option Z :=
  if has_no_member c then Some 0%Z else
  match n with
  | Split takes k negative positive =>
      match do_takes ctx c takes, nth_error (line_forms ctx) k with
      | Some c', Some f =>
          add_counts (walk ctx targets (cut c' k f false) negative)
            (walk ctx targets (cut c' k f true) positive)
      | _, _ => None
      end
  | Category takes g m is others =>
      match do_takes ctx c takes with
      | Some c' =>
          add_counts (walk ctx targets (choose c' g m true) is)
            (walk ctx targets (choose c' g m false) others)
      | None => None
      end
  | Empty takes by_rows =>
      match do_takes ctx c takes with
      | Some c' => if shows_empty c' by_rows then Some 0%Z else None
      | None => None
      end
  | Leaf takes by_target =>
      match do_takes ctx c takes with
      | Some c' =>
          match score_form ctx c' with
          | Some s => if check_targets c' s targets by_target then Some 1%Z else None
          | None => None
          end
      | None => None
      end
  | Unreadable => None
  end.

(** A tree for each target; the leaves of all. *)
Fixpoint walk_each (ctx : context) (targets : list target) (c : cell) (trees : list node)
    : option Z :=
  match targets, trees with
  | [], [] => Some 0%Z
  | t :: targets', tree :: trees' =>
      add_counts (walk ctx [t] c tree) (walk_each ctx targets' c trees')
  | _, _ => None
  end.
