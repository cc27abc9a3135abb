(* Rules files as what Meaning.v speaks of: a domain, and how rows are scored. *)

module Integer = Z
open Judging

(* The certificate is refused, for this reason; or it is none that this checker judges. *)
exception Refused of string
exception Out_of_scope of string

let refuse why = raise (Refused why)
let find_entry name = function Json.Object entries -> List.assoc_opt name entries | _ -> None

let get_entry name value =
  match find_entry name value with Some found -> found | None -> refuse ("there is no " ^ name)

let as_list = function Json.List found -> found | _ -> refuse "something is no list"
let as_entries = function Json.Object found -> found | _ -> refuse "something is no object"
let as_text = function Json.Text found -> found | _ -> refuse "a name is no text"
let as_number = function Json.Number found -> found.value | _ -> refuse "something is no number"
let get_list name value = as_list (get_entry name value)
let get_number name value = as_number (get_entry name value)

(* A list that may be left out. *)
let find_list name value = match find_entry name value with Some found -> as_list found | None -> []

let as_index count = function
  | Json.Number { value; whole = true; _ } when Q.sign value >= 0 && Q.lt value (Q.of_int count) ->
      Integer.to_int (Q.num value)
  | _ -> refuse "a place isn't there"

let is_version number = function
  | Json.Number { value; _ } -> Q.equal value (Q.of_int number)
  | Json.Bool true -> number = 1
  | _ -> false

let make_q value = { qnum = Q.num value; qden = Q.den value }
let sum = List.fold_left Q.add Q.zero
let seq count = List.init count Fun.id

(* The first place of a value in a list. *)
let find_place value items =
  let rec go i = function
    | [] -> None
    | item :: rest -> if item = value then Some i else go (i + 1) rest
  in
  go 0 items

(* ---- Columns ---- *)

(* Columns by number: names, ranges; those in no group, in order; members of groups, in order. *)
type columns = {
  names : string array;
  places : (string, int) Hashtbl.t;
  ranges : (Q.t * Q.t) array;
  plain : int list;
  tied : int list list;
}

let read_features given rules =
  let bounds = as_entries (get_entry "bounds" given) in
  let features = get_list "features" rules in
  let read feature =
    let name = as_text (get_entry "name" feature) in
    let own = [ get_entry "lower" feature; get_entry "upper" feature ] in
    let narrower = match List.assoc_opt name bounds with Some ends -> as_list ends | None -> [] in
    if narrower <> [] && List.length narrower <> 2 then refuse "bounds that are given aren't two";
    let known side = List.filter (fun end_ -> end_ <> Json.Null)
        (List.nth own side :: (if narrower = [] then [] else [ List.nth narrower side ])) in
    match (List.map as_number (known 0), List.map as_number (known 1)) with
    | low :: lows, high :: highs ->
        (name, (List.fold_left Q.max low lows, List.fold_left Q.min high highs))
    | _ -> refuse (name ^ " has no bounds")
  in
  let found = List.map read features in
  let names = List.map fst found in
  let is_known (name, _) = List.mem name names in
  if not (List.for_all is_known bounds) then refuse "bounds of no column";
  if List.length (List.sort_uniq compare names) < List.length names then
    refuse "two columns have one name";
  if List.exists (fun (_, (low, high)) -> Q.gt low high) found then refuse "bounds are crossed";
  found

(* Numbers of the features that are the categories of one table column each. *)
let find_category_sets rules count =
  let columns = find_list "columns" rules in
  let widths = List.map (fun column -> List.length (find_list "categories" column)) columns in
  let total = List.fold_left (fun total width -> total + max 1 width) 0 widths in
  if columns <> [] && total <> count then refuse "table columns don't become the features";
  let add (first, sets) width =
    let own = List.map (( + ) first) (seq width) in
    (first + max 1 width, if width > 0 then own :: sets else sets)
  in
  snd (List.fold_left add (0, []) widths)

(* Of rules as a whole, nothing is given. *)
let nothing_given = Json.Object [ ("bounds", Json.Object []) ]

let read_columns given rules =
  let features = read_features given rules in
  let names = Array.of_list (List.map fst features) in
  let ranges = Array.of_list (List.map snd features) in
  let places = Hashtbl.create 64 in
  Array.iteri (fun j name -> Hashtbl.add places name j) names;
  let place name =
    match Hashtbl.find_opt places (as_text name) with
    | Some j -> j
    | None -> refuse "a group holds no column of the rules"
  in
  let tied = List.map (fun group -> List.map place (as_list group)) (find_list "groups" rules) in
  let all = List.concat tied in
  if List.mem [] tied || List.length (List.sort_uniq compare all) < List.length all then
    refuse "a group is empty, or a column is in two groups";
  let sets = find_category_sets rules (Array.length names) in
  let is_indicator j =
    let low, high = ranges.(j) in
    (not (List.exists (List.mem j) sets))
    && find_entry "integer" (List.nth (get_list "features" rules) j) = Some (Json.Bool true)
    && Q.sign low >= 0 && Q.leq high Q.one
  in
  let is_known group = List.mem (List.sort compare group) sets || List.for_all is_indicator group in
  if not (List.for_all is_known tied) then refuse "a group holds what is no indicator";
  if not (List.for_all (List.for_all (fun j -> List.mem j all)) sets) then
    refuse "the categories of a column are in no group";
  let plain = List.filter (fun j -> not (List.mem j all)) (seq (Array.length names)) in
  { names; places; ranges; plain; tied }

(* Where a feature is in a row. *)
let find_input columns j =
  match find_place j columns.plain with
  | Some i -> At_number i
  | None ->
      let rec go group = function
        | [] -> assert false
        | own :: rest -> (
            match find_place j own with
            | Some m -> At_member (group, m)
            | None -> go (group + 1) rest)
      in
      go 0 columns.tied

(* ---- Affine functions ---- *)

(* Coefficients by column number, and a constant. *)
type terms = { by_column : Q.t array; plus : Q.t }

let read_terms columns plus coefficients =
  let by_column = Array.make (Array.length columns.names) Q.zero in
  let read (name, value) =
    match Hashtbl.find_opt columns.places name with
    | Some j -> by_column.(j) <- as_number value
    | None -> refuse "a coefficient is of a column that the rules don't have"
  in
  List.iter read (as_entries coefficients);
  { by_column; plus }

let read_function columns constant item =
  read_terms columns (get_number constant item) (get_entry "coefficients" item)

let times weight one =
  { by_column = Array.map (Q.mul weight) one.by_column; plus = Q.mul weight one.plus }

let add one other =
  { by_column = Array.map2 Q.add one.by_column other.by_column; plus = Q.add one.plus other.plus }

let make_affine columns one =
  let pick j = make_q one.by_column.(j) in
  {
    constant = make_q one.plus;
    of_numbers = List.map pick columns.plain;
    of_members = List.map (List.map pick) columns.tied;
  }

let make_limit columns item =
  let one = read_function columns "at_most" item in
  { terms = make_affine columns { one with plus = Q.zero }; at_most = make_q one.plus }

let make_domain columns limits =
  let make_range j =
    let low, high = columns.ranges.(j) in
    { lower = make_q low; upper = make_q high }
  in
  {
    box = List.map make_range columns.plain;
    groups = List.map (List.map make_range) columns.tied;
    limits = List.map (make_limit columns) limits;
  }

(* ---- Scores ---- *)

let rec find_free_name taken name =
  let starts other = String.starts_with ~prefix:name (String.lowercase_ascii other) in
  if List.exists starts taken then find_free_name taken ("raw_" ^ name) else name

let name_scores rules columns count =
  let outputs = get_list "outputs" rules in
  if find_entry "heads" rules = None then (
    if List.length outputs <> count then refuse "outputs aren't as many as scores";
    List.map as_text outputs)
  else
    let taken = List.map as_text outputs @ Array.to_list columns.names in
    let name = find_free_name taken "score" in
    let number i = Printf.sprintf "%s_%d" name (i + 1) in
    if count = 1 then [ name ] else List.map number (seq count)

(* Entries by the names of all scores, in their order. *)
let read_by_score names value =
  let entries = as_entries value in
  if List.sort compare (List.map fst entries) <> List.sort_uniq compare names then
    refuse "entries aren't those of the scores";
  List.map (fun name -> List.assoc name entries) names

(* The sum of weights times the scores' affine functions. *)
let combine columns names weights maps =
  let read weight item = times weight (read_function columns "constant" item) in
  let nothing = { by_column = Array.make (Array.length columns.names) Q.zero; plus = Q.zero } in
  List.fold_left add nothing (List.map2 read weights (read_by_score names maps))
