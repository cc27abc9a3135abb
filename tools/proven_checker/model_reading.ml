(* Proofs of partition rules and their model, as claims and evidence that Judging.judge_proof
   judges. *)

module Integer = Z
open Judging
open Rules_reading
open Trees_reading
open Evidence_reading

(* ---- Names ---- *)

(* Names of rules and model; own: the model's are its own, so that not only places count. *)
let compare_names given its defaults own =
  let given = List.map as_text given and its = List.map as_text its in
  if List.length given <> List.length its then refuse "rules and model have other names";
  if List.length (List.sort_uniq compare given) < List.length given then
    refuse "a name is there twice";
  let by_place = (not own) || given = defaults in
  let same_set = List.sort compare given = List.sort_uniq compare its in
  if not (own && given = its) then
    let differ name other = name <> other && ((not by_place) || same_set) in
    if List.exists2 differ given its then refuse "names of rules and model differ"

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

(* Which of the model's inputs the features are, and which of its table columns are compared. *)
let read_places rules model =
  let inputs = List.length (get_list "features" model) in
  let columns = match find_list "columns" model with [] -> inputs | own -> List.length own in
  let features = List.length (get_list "features" rules) in
  match find_known "places" rules with
  | None ->
      if features <> inputs then refuse "the rules have other columns than the model";
      (seq inputs, seq columns)
  | Some places ->
      let read name count =
        let found = List.map (as_index count) (get_list name places) in
        if List.sort_uniq compare found <> found then refuse "places aren't rising";
        found
      in
      let at = read "coordinates" inputs in
      let is_count = Q.equal (get_number "coordinate_count" places) (Q.of_int inputs) in
      if List.length at <> features || not is_count then refuse "places are of another model";
      (at, read "columns" columns)

(* What is said of columns, where that is more than names. *)
let find_told_columns columns =
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

(* That rules speak of the model's own columns and outputs; the inputs that the features are. *)
let bind_names rules model =
  if not (same_known (find_entry "heads" rules) (find_entry "heads" model)) then
    raise (Out_of_scope "rules whose outputs aren't made as the model's");
  let at, kept = read_places rules model in
  let named = get_entry "named" model in
  let is_own name = get_entry name named = Json.Bool true in
  let columns = find_list "columns" model in
  if find_known "columns" model = Some (Json.List []) && get_list "features" model <> [] then
    refuse "the model has no columns";
  let told = find_told_columns (if columns = [] then [] else List.map (List.nth columns) kept) in
  if is_own "columns" && not (same_known (find_told_columns (find_list "columns" rules)) told) then
    refuse "table columns of rules and model differ";
  let features = List.map (get_entry "name") (get_list "features" rules) in
  let its = List.map (List.nth (get_list "features" model)) at in
  compare_names features its (List.map (fun j -> "x" ^ string_of_int j) at) (is_own "columns");
  let outputs = get_list "outputs" model in
  let numbered = List.mapi (fun i _ -> "y" ^ string_of_int i) outputs in
  let defaults = if List.length outputs = 1 then [ "y" ] else numbered in
  compare_names (get_list "outputs" rules) outputs defaults (is_own "outputs");
  compare_labels rules model;
  at

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
  let zeros = List.map (fun _ -> Q.zero) kept in
  let first = make_layer (a @ kept) (number_list "b" layer @ zeros) count in
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
  let read list = Array.of_list (List.map limit (as_list list)) in
  let own = List.map read (get_list "bounds" found) in
  if Q.sign bound < 0 || List.length own <> List.length rules then
    refuse "bounds aren't of all rules";
  require_lengths (List.map Array.length own) (2 * scores);
  let of_score i = List.map (fun limits -> (limits.(2 * i), limits.((2 * i) + 1))) own in
  List.map of_score (seq scores)

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

(* Whether the slope of every neuron is 0, in their order; one with a slope of 1 is none. *)
let list_parts layers =
  let slopes = function Prelu slopes -> slopes | Affine _ -> [] in
  let is_neuron { qnum; qden } = not (Integer.equal qnum qden) in
  let bent = List.filter is_neuron (List.concat_map slopes layers) in
  Array.of_list (List.map (fun slope -> Integer.sign slope.qnum = 0) bent)

let read_evidence columns found rules conditions scores parts =
  let line_of k = if k < Array.length parts then k else refuse "no such neuron" in
  let numbering =
    { line_of; is_part = Array.get parts; member_of = find_member columns;
      target_count = 2 * scores }
  in
  let trees name = List.map (read_node numbering) (get_list name found) in
  let of_rules = trees "rules" and of_paths = trees "paths" in
  let keep i =
    let own = List.map (keep_score i) in
    { rule_trees = own of_rules; path_trees = own of_paths }
  in
  let points = List.map (get_entry "point") (get_list "rules" rules) in
  let complete = match get_entry "complete" rules with
    | Json.Bool complete -> complete
    | _ -> refuse "the rules don't say whether they are complete"
  in
  {
    every_way_ends = complete;
    conditions_of = conditions;
    points_of = List.map (read_point columns) points;
    by_score = List.map keep (seq scores);
  }

let refuse_other_files found rules model =
  if not (is_version 2 (get_entry "version" found)) then
    refuse "the certificate is of another version";
  if is_additive rules || find_entry "form" found = Some (Json.Text "additive") then
    raise (Out_of_scope "proofs of additive rules");
  if find_known "decision" rules <> None then raise (Out_of_scope "proofs of rules that decide");
  let is_model = get_entry "format" model = Json.Text "relurules.model" in
  if not (is_model && is_version 2 (get_entry "version" model)) then
    refuse "the model is of another version";
  let sources = [ Json.Text "stored weights"; Json.Text "canonical form as traced" ] in
  if not (List.mem (get_entry "read" model) sources) then
    refuse "the model doesn't say from where its numbers are";
  (match find_entry "version" rules with
  | Some version when not (is_version 1 version || is_version 2 version) ->
      refuse "the rules are of another version"
  | _ -> ());
  check_lists rules rules_lists;
  check_lists model [ "features"; "columns"; "outputs"; "heads"; "layers" ];
  check_lists found [ "rules"; "paths"; "neurons"; "virtual"; "groups"; "ranges" ]

(* Where the model's inputs are in a row. Those that rules leave out are at places that no row has,
   and the model must not read them. *)
let list_inputs columns at count =
  let kept = List.length columns.plain in
  let place j = match find_place j at with
    | Some feature -> find_input columns feature
    | None -> At_number (kept + j)
  in
  List.map place (seq count)

let refuse_reading columns network =
  let kept = List.length columns.plain in
  let left_out one = List.filteri (fun j _ -> j >= kept) one.of_numbers in
  let reads one = List.exists (fun c -> Integer.sign c.qnum <> 0) (left_out one) in
  let scores = List.map (fun score -> score.part_of) network.signals in
  if List.exists reads (network.neurons @ scores) then
    refuse "the model reads a column that the rules leave out"

let read_proof found rules model =
  refuse_other_files found rules model;
  let at = bind_names rules model in
  let columns = read_columns nothing_given rules in
  let layers_of, count = read_layers model in
  let heads = match find_entry "heads" model with
    | Some heads -> List.length (as_list heads)
    | None -> count
  in
  if List.length (get_list "outputs" model) <> heads then refuse "links aren't as many as outputs";
  let names = name_scores rules columns count in
  let own = get_list "rules" rules in
  let map i rule =
    let item = List.nth (read_by_score names (get_entry "outputs" rule)) i in
    make_affine columns (read_function columns "constant" item)
  in
  let splits = Array.of_list (get_list "splits" rules) in
  let descent_of = read_descent splits (List.length own) in
  let inputs_of = list_inputs columns at (List.length (get_list "features" model)) in
  let network = match compose_model layers_of inputs_of with
    | Some network -> network
    | None -> raise (Out_of_scope "models of several hidden layers")
  in
  refuse_reading columns network;
  let conditions = read_conditions splits descent_of own in
  ( {
      domain_of = make_domain columns (get_list "constraints" rules);
      layers_of; inputs_of;
      splits_of = read_splits columns splits;
      descent_of;
      scores_of = List.map (fun i -> List.map (map i) own) (seq count);
      bounds_of = read_bounds found own count;
    },
    read_evidence columns found rules conditions count (list_parts layers_of) )
