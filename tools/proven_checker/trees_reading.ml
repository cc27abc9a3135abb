(* Trees of certificates. *)

module Integer = Z
open Judging
open Rules_reading

(* Multipliers are less than this; they count in units of 2^-64, rounded down. *)
let most_multiplier = Q.of_float 1e200

let read_pairs value =
  let read_weight y =
    let y = as_number y in
    if Q.sign y < 0 || Q.geq y most_multiplier then refuse "a multiplier is too small or too large";
    Integer.fdiv (Integer.shift_left (Q.num y) 64) (Q.den y)
  in
  let rec go = function
    | [] -> []
    | row :: y :: rest -> (as_index max_int row, read_weight y) :: go rest
    | _ -> refuse "multipliers aren't pairs"
  in
  go (as_list value)

(* What trees speak of by number. line: a neuron's line; is_part: whether a neuron is the positive
   part of its line; member: a coordinate's group and place. *)
type numbering = {
  line_of : int -> int;
  is_part : int -> bool;
  member_of : int -> int * int;
  target_count : int;
}

let read_side numbering code pairs =
  match code with
  | Json.Number { value; whole = true; _ }
    when Q.sign value <> 0 && Q.lt (Q.abs value) (Q.of_int max_int) ->
      let number = Integer.to_int (Q.num value) in
      On_side (numbering.line_of (abs number - 1), number > 0, read_pairs (Json.List pairs))
  | _ -> refuse "a neuron without a number"

(* A share, in units of 2^-64, rounded down. *)
let read_share value =
  let share = as_number value in
  Integer.fdiv (Integer.shift_left (Q.num share) 64) (Q.den share)

(* The line of a neuron that chords are told of. *)
let read_part numbering value =
  let k = as_index max_int value in
  let line = numbering.line_of k in
  if not (numbering.is_part k) then refuse "a chord of a neuron whose slope isn't 0";
  line

let read_take numbering value =
  match value with
  | Json.List (Json.Text "chord" :: rest) -> (
      match rest with
      | [ k; share; below; above ] ->
          Chord (read_part numbering k, read_share share, read_pairs below, read_pairs above)
      | _ -> refuse "a chord isn't of five entries")
  | Json.List (Json.Text "change" :: rest) -> (
      match rest with
      | [ k; other; share; below; above ] ->
          Change (read_part numbering k, read_part numbering other, read_share share,
              read_pairs below, read_pairs above)
      | _ -> refuse "a change isn't of six entries")
  | Json.List (code :: pairs) -> read_side numbering code pairs
  | code -> read_side numbering code []

let rec take_first count = function
  | first :: rest when count > 0 -> first :: take_first (count - 1) rest
  | _ -> []

(* A node that can't be read counts only where something is to be shown by it. *)
let rec read_node numbering value =
  try
    match as_list value with
    | takes :: kind :: rest -> (
        let takes = List.map (read_take numbering) (as_list takes) in
        match (as_text kind, rest) with
        | "split", [ k; negative; positive ] ->
            let k = numbering.line_of (as_index max_int k) in
            Split (takes, k, read_node numbering negative, read_node numbering positive)
        | "category", [ j; is; others ] ->
            let group, member = numbering.member_of (as_index max_int j) in
            Category (takes, group, member, read_node numbering is, read_node numbering others)
        | "empty", multipliers :: _ -> Empty (takes, read_pairs multipliers)
        | "leaf", multipliers ->
            Leaf (takes, List.map read_pairs (take_first numbering.target_count multipliers))
        | _ -> Unreadable)
    | _ -> Unreadable
  with Refused _ -> Unreadable

(* Coordinates are the columns in no group that may move, then the members of groups. *)
let find_member columns j =
  let moves k = Q.lt (fst columns.ranges.(k)) (snd columns.ranges.(k)) in
  let rec go group j = function
    | [] -> refuse "a coordinate is in no group"
    | own :: rest ->
        let count = List.length own in
        if j < count then (group, j) else go (group + 1) (j - count) rest
  in
  let first = List.length (List.filter moves columns.plain) in
  if j < first then refuse "a coordinate is in no group" else go 0 (j - first) columns.tied

let make_numbering columns target_count line_of =
  { line_of; is_part = (fun _ -> true); member_of = find_member columns; target_count }
