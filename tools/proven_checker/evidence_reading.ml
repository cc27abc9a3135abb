(* Certificates of ranges as claims and evidence that Judging.judge judges. *)

module Integer = Z
open Judging
open Rules_reading
open Trees_reading

(* ---- Claims ---- *)

let find_number name value =
  match get_entry name value with
  | Json.Null -> None
  | found -> Some (make_q (as_number found))

(* The ends of a range, those that the certificate claims. *)
let read_ends ?claimed value =
  let read name is_claimed = if is_claimed then find_number name value else None in
  match claimed with
  | None -> { low = read "low" true; high = read "high" true }
  | Some { low; high } ->
      let own = { low = read "low" (low <> None); high = read "high" (high <> None) } in
      if (own.low <> None) <> (low <> None) || (own.high <> None) <> (high <> None) then
        refuse "a part has no end that is claimed";
      own

let count_ends { low; high } = List.length (List.filter Option.is_some [ low; high ])

(* A list of numbers, one for each feature, as a row. *)
let read_point columns said =
  let x = Array.of_list (List.map as_number (as_list said)) in
  if Array.length x <> Array.length columns.names then refuse "a row has other columns";
  let choose group =
    let values = List.map (Array.get x) group in
    let others = List.filter (fun v -> Q.sign v <> 0) values in
    match (others, find_place Q.one values) with
    | [ _ ], Some m -> m
    | _ -> refuse "not just one member of a group is 1"
  in
  let numbers = List.map (fun j -> make_q x.(j)) columns.plain in
  { numbers; members = List.map choose columns.tied }

let read_row columns name found =
  match get_entry name found with
  | Json.Null -> None
  | said ->
      let at_row = read_point columns (get_entry "point" said) in
      Some { at_row; reached = make_q (get_number "reached" said) }

let read_weights names found =
  let weights = List.map as_number (get_list "weights" found) in
  if List.length weights <> List.length names then refuse "weights aren't as many as scores";
  weights

let list_limits found rules =
  let given = get_list "constraints" (get_entry "given" found) in
  get_list "constraints" rules @ given

let make_claim columns found rules of_score =
  {
    of_domain = make_domain columns (list_limits found rules);
    of_score;
    claimed = read_ends found;
    lowest_row = read_row columns "lowest" found;
    highest_row = read_row columns "highest" found;
  }

(* ---- Additive rules ---- *)

(* A line that is the same function as an earlier one is added to it, and has a slope of 0. *)
let read_lines columns names weights rules =
  let first = Hashtbl.create 64 in
  let read line =
    let one = read_function columns "above" line in
    let slopes = List.map as_number (read_by_score names (get_entry "slopes" line)) in
    ({ one with plus = Q.neg one.plus }, sum (List.map2 Q.mul weights slopes))
  in
  let lines = Array.of_list (List.map read (get_list "lines" rules)) in
  let slopes = Array.map (fun _ -> Q.zero) lines in
  let collect i (one, slope) =
    let key = (Array.to_list (Array.map Q.to_string one.by_column), Q.to_string one.plus) in
    if not (Hashtbl.mem first key) then Hashtbl.add first key i;
    let place = Hashtbl.find first key in
    slopes.(place) <- Q.add slopes.(place) slope
  in
  Array.iteri collect lines;
  (Array.map fst lines, slopes)

(* Places in a list that is as long as count; none is twice over all parts, which have these. *)
let read_places count needed lists =
  let places = List.map (fun own -> List.map (as_index count) (as_list own)) lists in
  let all = List.sort compare (List.concat places) in
  if List.length (List.sort_uniq compare all) < List.length all then
    refuse "parts have a column or a line twice";
  if not (List.for_all (fun i -> List.mem i all) needed) then
    refuse "parts don't have every column and line";
  places

let read_additive columns found rules =
  let count = List.length (as_entries (get_entry "base" rules)) in
  let names = name_scores rules columns count in
  let weights = read_weights names found in
  let base = combine columns names weights (get_entry "base" rules) in
  let functions, slopes = read_lines columns names weights rules in
  let over = Array.fold_left (fun d slope -> Integer.lcm d (Q.den slope)) Integer.one slopes in
  let weigh slope = Q.num (Q.mul slope (Q.of_bigint over)) in
  let make_line z slope = (make_affine columns z, weigh slope) in
  let of_score =
    {
      base = make_affine columns base;
      lines = Array.to_list (Array.map2 make_line functions slopes);
      over; splits = []; descent = Ends (Some 0); maps = [];
    }
  in
  let claim = make_claim columns found rules of_score in
  let parts = get_list "parts" found in
  let kept count used is_needed = read_places count (List.filter is_needed (seq count)) used in
  let own_columns = kept (Array.length columns.names) (List.map (get_entry "columns") parts)
      (fun j -> Q.sign base.by_column.(j) <> 0) in
  let own_lines = kept (Array.length slopes) (List.map (get_entry "lines") parts)
      (fun i -> Q.sign slopes.(i) <> 0) in
  let read_part part (columns_of, lines_of) =
    let keep j value = if List.mem j columns_of then value else Q.zero in
    let terms = { by_column = Array.mapi keep base.by_column; plus = Q.zero } in
    let keep_line i slope = if List.mem i lines_of then weigh slope else Integer.zero in
    let line_of k =
      match List.nth_opt lines_of k with Some i -> i | None -> refuse "no such neuron"
    in
    {
      part_terms = make_affine columns terms;
      part_weights = Array.to_list (Array.mapi keep_line slopes);
      part_ends = read_ends ~claimed:claim.claimed part;
      part_trees = List.map (read_node (make_numbering columns 1 line_of)) (get_list "trees" part);
    }
  in
  (names, claim, By_parts (List.map2 read_part parts (List.combine own_columns own_lines)))

(* ---- Partition rules ---- *)

(* The tree of splits that lead to later ones; those that several lead to are read once. *)
let read_descent splits count =
  let known = Hashtbl.create 64 in
  let rec follow least at =
    match (find_entry "split" at, find_entry "rule" at) with
    | Some split, _ ->
        let s = as_index (Array.length splits) split in
        if s < least then refuse "the tree runs in a circle";
        if not (Hashtbl.mem known s) then (
          let go side = follow (s + 1) (get_entry side splits.(s)) in
          Hashtbl.add known s (Cut (s, go "then", go "otherwise")));
        Hashtbl.find known s
    | None, Some rule ->
        let n = as_index (count + 1) rule in
        if n = 0 then refuse "there is no rule 0" else Ends (Some (n - 1))
    | None, None -> ignore (as_entries at); Ends None
  in
  let kind, value = if Array.length splits = 0 then ("rule", Q.one) else ("split", Q.zero) in
  follow 0 (Json.Object [ (kind, Json.Number { value; whole = true; written = "" }) ])

(* Every rule's ways down the tree, the sides of splits. *)
let list_ways descent count =
  let found = Array.make count [] and left = ref (1 lsl 24) in
  let rec go way = function
    | Ends None -> ()
    | Ends (Some n) ->
        left := !left - List.length way;
        if !left < 0 then refuse "ways have too many sides";
        found.(n) <- List.rev way :: found.(n)
    | Cut (split, holds, fails) -> go ((split, true) :: way) holds; go ((split, false) :: way) fails
  in
  go [] descent;
  found

(* What rules say of splits; one that says nothing has just one way, which it stands for. *)
let read_conditions splits descent rules =
  let ways = lazy (list_ways descent (List.length rules)) in
  let read condition =
    let split = as_index (Array.length splits) (get_entry "split" condition) in
    match get_entry "holds" condition with
    | Json.Bool holds -> (split, holds)
    | _ -> refuse "a condition neither holds nor doesn't"
  in
  let read_all n rule =
    match (find_entry "conditions" rule, lazy (Lazy.force ways).(n)) with
    | Some conditions, _ -> List.map read (as_list conditions)
    | None, (lazy [ way ]) -> way
    | None, _ -> refuse "a rule has no conditions, and not just one way leads to it"
  in
  List.mapi read_all rules

let read_splits columns splits =
  let read split =
    let one = read_function columns "at_least" split in
    make_affine columns { one with plus = Q.neg one.plus }
  in
  List.map read (Array.to_list splits)

let read_partition columns found rules =
  let own = get_list "rules" rules in
  if own = [] then refuse "there are no rules";
  let count = List.length (as_entries (get_entry "outputs" (List.hd own))) in
  let names = name_scores rules columns count in
  let weights = read_weights names found in
  let splits = Array.of_list (find_list "splits" rules) in
  let read_map rule =
    make_affine columns (combine columns names weights (get_entry "outputs" rule))
  in
  let zero = make_q Q.zero in
  let of_score =
    {
      base = { constant = zero; of_numbers = []; of_members = [] };
      lines = []; over = Integer.one;
      splits = read_splits columns splits;
      descent = read_descent splits (List.length own);
      maps = List.map read_map own;
    }
  in
  let complete = match get_entry "complete" rules with
    | Json.Bool complete -> complete
    | _ -> refuse "the rules don't say whether they are complete"
  in
  let claim = make_claim columns found rules of_score in
  let no_line _ = refuse "there are no neurons" in
  let read name =
    List.map (read_node (make_numbering columns (count_ends claim.claimed) no_line))
      (get_list name found)
  in
  let conditions = read_conditions splits of_score.descent own in
  (names, claim, By_rules (complete, conditions, read "rules", read "paths"))

(* ---- The whole ---- *)

let is_additive rules = find_entry "format" rules = Some (Json.Text "relurules.additive")

let rules_lists =
  [ "features"; "columns"; "groups"; "constraints"; "outputs"; "heads"; "splits"; "rules"; "lines";
    "neuron_groups" ]

let check_lists value names = List.iter (fun name -> ignore (find_list name value)) names

let refuse_others found rules =
  if not (is_version 1 (get_entry "version" found)) then refuse "it is of another version";
  (match get_entry "question" found with
  | Json.Text "range" -> ()
  | _ -> raise (Out_of_scope "answers to other questions than `range`"));
  if not (List.mem (find_entry "decision" rules) [ None; Some Json.Null ]) then
    refuse "rules that decide have no score";
  if find_list "neuron_groups" rules <> [] then refuse "rules have groups of neurons";
  let versions = if is_additive rules then [ 1 ] else [ 1; 2 ] in
  match find_entry "version" rules with
  | Some version when List.exists (fun number -> is_version number version) versions -> ()
  | None when not (is_additive rules) -> ()
  | _ -> refuse "the rules are of another version"

(* Names of scores, the claim, and the evidence for it. *)
let read_answer found rules =
  refuse_others found rules;
  check_lists rules rules_lists;
  check_lists found [ "rules"; "paths"; "parts" ];
  let columns = read_columns (get_entry "given" found) rules in
  (if is_additive rules then read_additive else read_partition) columns found rules
