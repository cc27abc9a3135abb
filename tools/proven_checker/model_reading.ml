(* Proofs of partition rules and their model as claims and evidence that Judging.judge_proof judges. *)

module Integer = Z
open Judging
open Rules_reading
open Evidence_reading

(* ---- Names ---- *)

(* Names of rules and model; own: the model's are its own, so that they count, and not places alone. *)
let compare_names given its defaults own =
  let given = List.map as_text given and its = List.map as_text its in
  if List.length given <> List.length its then refuse "rules and model have other names";
  if List.length (List.sort_uniq compare given) < List.length given then refuse "a name is there twice";
  let by_place = (not own) || given = defaults in
  let same_set = List.sort compare given = List.sort_uniq compare its in
  if not (own && given = its) then
    let differ name other = name <> other && ((not by_place) || same_set) in
    if List.exists2 differ given its then refuse "names of rules and model differ"

let number_names prefix names = List.mapi (fun i _ -> prefix ^ string_of_int i) names

(* Numbers are the same where their values are. *)
let rec same one other =
  match (one, other) with
  | Json.Number a, Json.Number b -> Q.equal a.value b.value
  | Json.List a, Json.List b -> List.length a = List.length b && List.for_all2 same a b
  | Json.Object a, Json.Object b ->
      let find entries name = List.assoc_opt name entries in
      let is_there (name, value) =
        match find b name with Some found -> same value found | None -> false in
      List.length a = List.length b && List.for_all is_there a
  | _ -> one = other

let find_known name value =
  match find_entry name value with Some Json.Null | None -> None | found -> found

let same_known one other =
  match (one, other) with Some a, Some b -> same a b | a, b -> a = b

(* What is said of columns, where that is more than names. *)
let find_told_columns value =
  let columns = find_list "columns" value in
  let tells column = List.exists (fun (name, _) -> name <> "name") (as_entries column) in
  if List.exists tells columns then Some (Json.List columns) else None

let compare_labels rules model =
  match (find_known "labels" rules, find_known "labels" model) with
  | Some given, Some own ->
      let values labels = Json.List (get_list "values" labels) in
      let threshold = get_entry "threshold" in
      if values given <> values own || not (same (threshold given) (threshold own)) then
        refuse "labels of rules and model differ"
  | given, own -> List.iter (Option.iter (fun labels -> ignore (as_entries labels))) [ given; own ]

let bind_names rules model =
  if find_known "places" rules <> None then raise (Out_of_scope "rules with `places`");
  if not (same_known (find_entry "heads" rules) (find_entry "heads" model)) then
    raise (Out_of_scope "rules whose outputs aren't made as the model's");
  let named = get_entry "named" model in
  let is_own name = get_entry name named = Json.Bool true in
  let told = find_told_columns model in
  if find_entry "columns" model = Some (Json.List []) && get_list "features" model <> [] then
    refuse "the model has no columns";
  if is_own "columns" && not (same_known (find_told_columns rules) told) then
    refuse "table columns of rules and model differ";
  let features = List.map (get_entry "name") (get_list "features" rules) in
  compare_names features (get_list "features" model) (number_names "x" features) (is_own "columns");
  let outputs = get_list "outputs" model in
  let defaults = if List.length outputs = 1 then [ "y" ] else number_names "y" outputs in
  compare_names (get_list "outputs" rules) outputs defaults (is_own "outputs");
  compare_labels rules model

(* ---- Layers ---- *)

let read_numbers value = List.map as_number (as_list value)
let number_list name layer = read_numbers (get_entry name layer)
let rows_of name layer = List.map read_numbers (get_list name layer)
let make_list = List.map make_q

let require_lengths lengths wanted =
  if List.exists (( <> ) wanted) lengths then refuse "a layer has other lengths than its signals"

let make_layer weights constants count =
  require_lengths (List.map List.length weights) count;
  require_lengths [ List.length weights ] (List.length constants);
  Affine (List.map make_list weights, make_list constants)

let unit_row count i = List.init count (fun j -> if i = j then Q.one else Q.zero)

let read_scale layer count =
  let read name default =
    match find_entry name layer with
    | Some found -> read_numbers found
    | None -> List.init count (fun _ -> default)
  in
  let parts = [ read "minus" Q.zero; read "over" Q.one; read "times" Q.one; read "plus" Q.zero ] in
  require_lengths (List.map List.length parts) count;
  match List.map Array.of_list parts with
  | [ minus; over; times; plus ] ->
      if Array.exists (fun v -> Q.sign v = 0) over then refuse "a scale is over 0";
      let factor i = Q.div times.(i) over.(i) in
      let row i = List.map (Q.mul (factor i)) (unit_row count i) in
      let constant i = Q.sub plus.(i) (Q.mul minus.(i) (factor i)) in
      make_layer (List.map row (seq count)) (List.map constant (seq count)) count
  | _ -> assert false

(* Neurons beside the signals that they read, and then scores of both. *)
let read_canonical layer count =
  let slopes = number_list "slope" layer in
  let own = List.length slopes in
  let is_zero row = List.for_all (fun v -> Q.sign v = 0) row in
  let through = rows_of "L" layer and outputs = rows_of "U" layer in
  require_lengths (List.map List.length (through @ outputs)) own;
  require_lengths [ List.length through ] own;
  if List.exists (Q.equal Q.one) slopes || not (List.for_all is_zero through) then
    raise (Out_of_scope "models with neurons that read others, or with slopes of 1");
  let a = rows_of "A" layer and c = rows_of "C" layer in
  require_lengths (List.map List.length (a @ c)) count;
  require_lengths [ List.length a ] own;
  require_lengths [ List.length outputs ] (List.length c);
  let kept = List.map (unit_row count) (seq count) in
  let first = make_layer (a @ kept) (number_list "b" layer @ List.map (fun _ -> Q.zero) kept) count in
  let bent = Prelu (make_list (slopes @ List.map (fun _ -> Q.one) kept)) in
  let last = make_layer (List.map2 ( @ ) outputs c) (number_list "c" layer) (own + count) in
  ([ first; bent; last ], List.length c)

(* Layers of the proof for a layer of the file, and how many signals there are after it. *)
let read_layer count layer =
  match as_text (get_entry "kind" layer) with
  | "affine" ->
      let constants = number_list "constants" layer in
      ([ make_layer (rows_of "weights" layer) constants count ], List.length constants)
  | "scale" -> ([ read_scale layer count ], count)
  | "prelu" ->
      let slopes = number_list "slopes" layer in
      require_lengths [ List.length slopes ] count;
      ([ Prelu (make_list slopes) ], count)
  | "canonical" -> read_canonical layer count
  | _ -> refuse "a layer is of no known kind"

let read_layers model =
  let add (found, count) layer =
    let own, next = read_layer count layer in
    (found @ own, next)
  in
  List.fold_left add ([], List.length (get_list "features" model)) (get_list "layers" model)

(* ---- Claims and evidence ---- *)

let read_bounds found rules scores =
  let bound = get_number "bound" found in
  let limit value =
    let value = as_number value in
    if Q.sign value < 0 then refuse "a bound is negative";
    make_q (Q.min bound value)
  in
  let own = List.map (fun list -> Array.of_list (List.map limit (as_list list))) (get_list "bounds" found) in
  if Q.sign bound < 0 || List.length own <> List.length rules then refuse "bounds aren't of all rules";
  require_lengths (List.map Array.length own) (2 * scores);
  List.map (fun i -> List.map (fun limits -> (limits.(2 * i), limits.((2 * i) + 1))) own) (seq scores)

(* The multipliers of one score's two targets. *)
let rec keep_score i = function
  | Leaf (takes, by_target) ->
      let get k = Option.value (List.nth_opt by_target k) ~default:[] in
      Leaf (takes, [ get (2 * i); get ((2 * i) + 1) ])
  | Split (takes, k, negative, positive) ->
      Split (takes, k, keep_score i negative, keep_score i positive)
  | Category (takes, group, member, is, others) ->
      Category (takes, group, member, keep_score i is, keep_score i others)
  | (Empty _ | Unreadable) as node -> node

let read_evidence columns found rules conditions scores neurons =
  let line_of k = if k < neurons then k else refuse "no such neuron" in
  let numbering = { line_of; member_of = find_member columns; target_count = 2 * scores } in
  let trees name = List.map (read_node numbering) (get_list name found) in
  let rule_trees = trees "rules" and path_trees = trees "paths" in
  let keep i =
    { rule_trees = List.map (keep_score i) rule_trees; path_trees = List.map (keep_score i) path_trees }
  in
  let complete = match get_entry "complete" rules with
    | Json.Bool complete -> complete
    | _ -> refuse "the rules don't say whether they are complete"
  in
  {
    every_way_ends = complete;
    conditions_of = conditions;
    points_of = List.map (fun rule -> read_point columns (get_entry "point" rule)) (get_list "rules" rules);
    by_score = List.map keep (seq scores);
  }

let refuse_other_files found rules model =
  if not (is_version 2 (get_entry "version" found)) then refuse "the certificate is of another version";
  if is_additive rules || find_entry "form" found = Some (Json.Text "additive") then
    raise (Out_of_scope "proofs of additive rules");
  if find_known "decision" rules <> None then raise (Out_of_scope "proofs of rules that decide");
  if get_entry "format" model <> Json.Text "relurules.model" || not (is_version 2 (get_entry "version" model))
  then refuse "the model is of another version";
  if not (List.mem (get_entry "read" model)
      [ Json.Text "stored weights"; Json.Text "canonical form as traced" ]) then
    refuse "the model doesn't say from where its numbers are";
  (match find_entry "version" rules with
  | Some version when not (is_version 1 version || is_version 2 version) ->
      refuse "the rules are of another version"
  | _ -> ());
  check_lists rules rules_lists;
  check_lists model [ "features"; "columns"; "outputs"; "heads"; "layers" ];
  check_lists found [ "rules"; "paths"; "neurons"; "virtual"; "groups"; "ranges" ]

let read_proof found rules model =
  refuse_other_files found rules model;
  bind_names rules model;
  let columns = read_columns nothing_given rules in
  let layers_of, count = read_layers model in
  if List.length (get_list "outputs" model) <> (match find_entry "heads" model with
      | Some heads -> List.length (as_list heads)
      | None -> count) then refuse "the model has more or fewer links than outputs";
  let names = name_scores rules columns count in
  let own = get_list "rules" rules in
  let map i rule = 
    let item = List.nth (read_by_score names (get_entry "outputs" rule)) i in
    make_affine columns (read_function columns "constant" item) in
  let splits = Array.of_list (get_list "splits" rules) in
  let descent_of = read_descent splits (List.length own) in
  let inputs_of = List.map (find_input columns) (seq (Array.length columns.names)) in
  let neurons = match compose_model layers_of inputs_of with
    | Some { neurons; _ } -> List.length neurons
    | None -> raise (Out_of_scope "models of several hidden layers")
  in
  let conditions = read_conditions splits descent_of own in
  ( {
      domain_of = make_domain columns (get_list "constraints" rules);
      layers_of; inputs_of;
      splits_of = read_splits columns splits;
      descent_of;
      scores_of = List.map (fun i -> List.map (map i) own) (seq count);
      bounds_of = read_bounds found own count;
    },
    read_evidence columns found rules conditions count neurons )
