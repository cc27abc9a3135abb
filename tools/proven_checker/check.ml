(* check range.json rules.json, or check certificate.json rules.json model.json: whether the claim
   is proven. Ends with 0 if it is, 1 if it is refused, 2 if a file can't be read, 3 for
   certificates that this checker doesn't judge. *)

open Rules_reading
open Evidence_reading

let scope =
  "this checker judges answers of `relurules ask ... range` (certificate, rules), and proofs of \
   partition rules of a model of one hidden layer (certificate, rules, model), and not "

let usage = "check certificate.json rules.json [model.json]"
let unshown = "what the certificate claims isn't shown by it"

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

let describe_proof claim (verdict : Judging.verdict) found model =
  let bound = Q.to_float (get_number "bound" found) in
  Printf.sprintf
    "proven: |model - rules| <= %.3g for every score, %s (%d rules, %s pieces, from the %s)" bound
    (if verdict.covers then "everywhere in the domain"
     else "wherever there is a rule; not all of the domain has one")
    (List.length (List.hd claim.Judging.scores_of))
    (Integer.to_string verdict.leaves)
    (as_text (get_entry "read" model))

let judge_answer found rules =
  let names, claim, evidence = read_answer found rules in
  match Judging.judge claim evidence with
  | Some verdict -> describe names found verdict
  | None -> refuse unshown

let judge_proof found rules model =
  let claim, evidence = Model_reading.read_proof found rules model in
  match Judging.judge_proof claim evidence with
  | Some (verdict :: _) -> describe_proof claim verdict found model
  | _ -> refuse unshown

let judge paths =
  match List.map Json.read paths with
  | found :: rules :: others -> (
      match (find_entry "format" found, others) with
      | Some (Json.Text "relurules.answer"), [] -> judge_answer found rules
      | Some (Json.Text "relurules.certificate"), [ model ] -> judge_proof found rules model
      | _ -> raise (Out_of_scope "other files"))
  | _ -> raise (Json.Unreadable usage)

let finish channel code text =
  output_string channel (text ^ "\n");
  exit code

let () =
  match judge (List.tl (Array.to_list Sys.argv)) with
  | text -> finish stdout 0 text
  | exception Refused why -> finish stdout 1 ("refused: " ^ why)
  | exception Stack_overflow -> finish stdout 1 "refused: it is nested too deeply"
  | exception Json.Unreadable why -> finish stderr 2 ("error: " ^ why)
  | exception Out_of_scope what -> finish stderr 3 ("error: " ^ scope ^ what)
