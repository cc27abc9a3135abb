(** Trees that cut a cell until multipliers show what a score is there at most. *)

From Coq Require Import List QArith Qround ZArith Lia Lqa Bool Arith.
From Proven Require Import Meaning Forms Cells.
Import ListNotations.
Open Scope Q_scope.

(** A line is taken to be on one side of 0, as multipliers show; what is beyond is counted. *)
Record take := { line : nat; positive_side : bool; shown_by : pairs }.

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

Fixpoint tell (k : nat) (f : form) (told : list (option form)) : list (option form) :=
  match k, told with
  | _, [] => []
  | O, _ :: rest => Some f :: rest
  | S k', first :: rest => first :: tell k' f rest
  end.

Definition tell_cell (c : cell) (k : nat) (f : form) : cell :=
  {| rows := rows c; allowed := allowed c; told := tell k f (told c) |}.

Definition add_row (c : cell) (v : vector) : cell :=
  {| rows := rows c ++ [(v, false)]; allowed := allowed c; told := told c |}.

(** What a line's positive part is on a side of 0, and up to [beyond] on the other one. *)
Definition part_form (f : form) (side : bool) (beyond : Z) : form :=
  if side then {| centre := centre f; radius := radius f + beyond |}
  else {| centre := zero; radius := beyond |}.

Definition do_take (ctx : context) (c : cell) (t : take) : option cell :=
  match nth_error (line_forms ctx) (line t) with
  | Some f =>
      let towards := if positive_side t then negate (centre f) else centre f in
      match bound_above c towards (shown_by t) with
      | Some most =>
          let beyond := Z.max 0 (most + radius f) in
          Some (tell_cell c (line t) (part_form f (positive_side t) beyond))
      | None => None
      end
  | None => None
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
  tell_cell (add_row c (make_row f side)) k (part_form f side 0).

Fixpoint keep_members (keep : nat -> bool) (g : nat) (allowed : list (list nat)) :=
  match g, allowed with
  | _, [] => []
  | O, own :: rest => filter keep own :: rest
  | S g', own :: rest => own :: keep_members keep g' rest
  end.

Definition choose (c : cell) (group member : nat) (is : bool) : cell :=
  {| rows := rows c; told := told c;
     allowed := keep_members (fun m => Bool.eqb (Nat.eqb m member) is) group (allowed c) |}.

(** Weights times the lines' positive parts; none where a line with a weight wasn't told. *)
Fixpoint sum_told (ws : list Z) (told : list (option form)) : option form :=
  match ws, told with
  | [], _ => Some {| centre := zero; radius := 0 |}
  | w :: ws', t :: told' =>
      match sum_told ws' told' with
      | Some total =>
          if Z.eqb w 0 then Some total else
          match t with
          | Some f => Some {| centre := add (scale w (centre f)) (centre total);
                              radius := Z.abs w * radius f + radius total |}
          | None => None
          end
      | None => None
      end
  | _, [] => None
  end.

Definition divide (v : vector) (d : positive) : affine :=
  {| constant := fixed v # d; of_numbers := map (fun c => c # d) (plain v);
     of_members := map (map (fun c => c # d)) (choices v) |}.

Definition score_form (ctx : context) (c : cell) : option form :=
  match sum_told (weights ctx) (told c) with
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
