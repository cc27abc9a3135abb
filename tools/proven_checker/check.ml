(* check certificate.json rules.json: whether the claim is proven. Ends with 0 if it is, 1 if it is
   refused, 2 if a file can't be read, 3 for certificates that this checker doesn't judge. *)

open Rules_reading
open Evidence_reading

let scope = "this checker judges the answers of `relurules ask ... range`, and not "

(* How a number stands in a file. *)
let print_written name found =
  match get_entry name found with Json.Number { written; _ } -> Some written | _ -> None

let is_plain = function
  | 'A' .. 'Z' | 'a' .. 'z' | '0' .. '9' | '_' | '.' | '-' -> true
  | _ -> false

(* A name that might be read as more than a name stands in quotes. *)
let print_name name =
  if name <> "" && String.for_all is_plain name then name else "\"" ^ String.escaped name ^ "\""

let name_score names found =
  let print weight name =
    match weight with
    | Json.Number { value; _ } when Q.sign value = 0 -> None
    | Json.Number { value; _ } when Q.equal value Q.one -> Some (print_name name)
    | Json.Number { written; _ } -> Some (written ^ " " ^ print_name name)
    | _ -> None
  in
  match List.filter_map Fun.id (List.map2 print (get_list "weights" found) names) with
  | [] -> "0"
  | parts -> String.concat " + " parts

let describe_row limit name found =
  match (print_written limit found, get_entry name found) with
  | None, _ -> ""
  | Some _, Json.Null -> Printf.sprintf "; it has no %s row" name
  | Some _, row ->
      Printf.sprintf "; its %s row reaches %s" name (Option.get (print_written "reached" row))

let describe names found (verdict : Judging.verdict) =
  let given = get_entry "given" found in
  let all = as_entries (get_entry "bounds" given) = [] && get_list "constraints" given = [] in
  let print_end left name right =
    match print_written name found with Some text -> left ^ text ^ right | None -> ""
  in
  Printf.sprintf "proven: %s%s%s for every row of the %s%s (%s pieces)%s%s"
    (print_end "" "low" " <= ") (name_score names found) (print_end " <= " "high" "")
    (if all then "domain" else "part of the domain that it is about")
    (if verdict.covers then "" else " that has a rule")
    (Integer.to_string verdict.leaves)
    (describe_row "low" "lowest" found) (describe_row "high" "highest" found)

let judge certificate rules =
  let found = Json.read certificate in
  let rules = Json.read rules in
  let names, claim, evidence = read_answer found rules in
  match Judging.judge claim evidence with
  | Some verdict -> describe names found verdict
  | None -> refuse "what the certificate claims isn't shown by it"

let finish channel code text =
  output_string channel (text ^ "\n");
  exit code

let () =
  match Sys.argv with
  | [| _; certificate; rules |] -> (
      match judge certificate rules with
      | text -> finish stdout 0 text
      | exception Refused why -> finish stdout 1 ("refused: " ^ why)
      | exception Stack_overflow -> finish stdout 1 "refused: it is nested too deeply"
      | exception Json.Unreadable why -> finish stderr 2 ("error: " ^ why)
      | exception Out_of_scope what -> finish stderr 3 ("error: " ^ scope ^ what))
  | _ -> finish stderr 2 "error: check certificate.json rules.json"
