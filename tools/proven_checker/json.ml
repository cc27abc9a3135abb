(* JSON, read as docs/certificates.md says: strictly, and numbers as the rationals that they are. *)

type number = { value : Q.t; whole : bool; written : string }

type t =
  | Null
  | Bool of bool
  | Number of number
  | Text of string
  | List of t list
  | Object of (string * t) list

(* A file can't be read. *)
exception Unreadable of string

let fail why = raise (Unreadable why)

let most_digits = 300

(* Lists and objects within one another; the other checkers stop there too. *)
let most_depth = 900

(* The float64 nearest to a decimal, exactly. *)
let read_float text =
  let value = float_of_string text in
  if Float.abs value < infinity then Q.of_float value
  else fail (text ^ " is too large for a float64")

let read_number text =
  let is_float = String.exists (fun c -> c = '.' || c = 'e' || c = 'E') text in
  if is_float then { value = read_float text; whole = false; written = text }
  else if String.length text > most_digits then fail "an integer of too many digits"
  else { value = Q.of_bigint (Z.of_string text); whole = true; written = text }

let number_pattern = Str.regexp "-?\\(0\\|[1-9][0-9]*\\)\\(\\.[0-9]+\\)?\\([eE][-+]?[0-9]+\\)?"

(* Bytes of a code point; surrogates too, as escapes may give them alone. *)
let add_code buffer code =
  let put shift first = Buffer.add_char buffer (Char.chr (first lor ((code lsr shift) land 63))) in
  if code < 0x80 then Buffer.add_char buffer (Char.chr code)
  else if code < 0x800 then (Buffer.add_char buffer (Char.chr (0xC0 lor (code lsr 6))); put 0 0x80)
  else if code < 0x10000 then (
    Buffer.add_char buffer (Char.chr (0xE0 lor (code lsr 12)));
    put 6 0x80;
    put 0 0x80)
  else (
    Buffer.add_char buffer (Char.chr (0xF0 lor (code lsr 18)));
    put 12 0x80;
    put 6 0x80;
    put 0 0x80)

let parse text =
  let size = String.length text in
  let at = ref 0 in
  let peek () = if !at < size then text.[!at] else '\000' in
  let stop () = fail (Printf.sprintf "it is no JSON, at byte %d" !at) in
  let rec skip () =
    match peek () with
    | ' ' | '\t' | '\n' | '\r' when !at < size -> incr at; skip ()
    | _ -> ()
  in
  let expect word =
    let length = String.length word in
    if !at + length <= size && String.sub text !at length = word then at := !at + length
    else stop ()
  in
  let hex () =
    let digit c =
      match c with
      | '0' .. '9' -> Char.code c - 48
      | 'a' .. 'f' -> Char.code c - 87
      | 'A' .. 'F' -> Char.code c - 55
      | _ -> stop ()
    in
    if !at + 4 > size then stop ();
    let code = ref 0 in
    for i = 0 to 3 do code := (16 * !code) + digit text.[!at + i] done;
    at := !at + 4;
    !code
  in
  let low_follows () =
    !at + 2 < size && text.[!at] = '\\' && text.[!at + 1] = 'u'
  in
  let escape buffer =
    let c = peek () in
    incr at;
    match c with
    | '"' | '\\' | '/' -> Buffer.add_char buffer c
    | 'b' -> Buffer.add_char buffer '\b'
    | 'f' -> Buffer.add_char buffer '\012'
    | 'n' -> Buffer.add_char buffer '\n'
    | 'r' -> Buffer.add_char buffer '\r'
    | 't' -> Buffer.add_char buffer '\t'
    | 'u' ->
        let code = hex () in
        if code land 0xFC00 = 0xD800 && low_follows () then (
          let before = !at in
          at := !at + 2;
          let low = hex () in
          if low land 0xFC00 = 0xDC00 then
            add_code buffer (0x10000 + ((code land 0x3FF) lsl 10) + (low land 0x3FF))
          else (at := before; add_code buffer code))
        else add_code buffer code
    | _ -> stop ()
  in
  let text_value () =
    expect "\"";
    let buffer = Buffer.create 16 in
    let rec go () =
      if !at >= size then stop ();
      match text.[!at] with
      | '"' -> incr at
      | '\\' -> incr at; escape buffer; go ()
      | c when Char.code c < 0x20 -> stop ()
      | c -> incr at; Buffer.add_char buffer c; go ()
    in
    go ();
    Buffer.contents buffer
  in
  (* Items up to a closing bracket. *)
  let items last one =
    incr at;
    skip ();
    if peek () = last then (incr at; [])
    else
      let rec go found =
        skip ();
        let found = one () :: found in
        skip ();
        if peek () = ',' then (incr at; go found)
        else if peek () = last then (incr at; List.rev found)
        else stop ()
      in
      go []
  in
  let rec any depth () =
    if depth > most_depth then fail "its lists and objects are nested too deeply";
    skip ();
    match peek () with
    | '{' -> Object (refuse_twice (items '}' (entry (depth + 1))))
    | '[' -> List (items ']' (any (depth + 1)))
    | '"' -> Text (text_value ())
    | 't' -> expect "true"; Bool true
    | 'f' -> expect "false"; Bool false
    | 'n' -> expect "null"; Null
    | _ ->
        if not (Str.string_match number_pattern text !at) then stop ();
        let found = Str.matched_string text in
        at := !at + String.length found;
        Number (read_number found)
  and entry depth () =
    let key = text_value () in
    skip ();
    expect ":";
    (key, any depth ())
  and refuse_twice entries =
    let seen = Hashtbl.create 16 in
    let add (key, _) =
      if Hashtbl.mem seen key then fail ("the key " ^ key ^ " is there twice");
      Hashtbl.add seen key ()
    in
    List.iter add entries;
    entries
  in
  let found = any 0 () in
  skip ();
  if !at < size then stop ();
  match found with Object _ -> found | _ -> fail "it holds no JSON object"

(* Whether bytes are UTF-8, each code point in its shortest form, without surrogates. *)
let is_utf8 text =
  let size = String.length text in
  let byte i = if i < size then Char.code text.[i] else 0 in
  let more i low high = low <= byte i && byte i <= high in
  let rec rest i count = count = 0 || (more i 0x80 0xBF && rest (i + 1) (count - 1)) in
  let rec go i =
    if i >= size then true
    else
      let first = byte i in
      let low = match first with 0xE0 -> 0xA0 | 0xF0 -> 0x90 | _ -> 0x80 in
      let high = match first with 0xED -> 0x9F | 0xF4 -> 0x8F | _ -> 0xBF in
      let next count = more (i + 1) low high && rest (i + 2) (count - 1) && go (i + 1 + count) in
      if first < 0x80 then go (i + 1)
      else if first < 0xC2 then false
      else if first < 0xE0 then next 1
      else if first < 0xF0 then next 2
      else first < 0xF5 && next 3
  in
  go 0

let read path =
  try
    let channel = open_in_bin path in
    let text = really_input_string channel (in_channel_length channel) in
    close_in channel;
    if not (is_utf8 text) then fail "it isn't UTF-8";
    parse text
  with
  | Unreadable why -> fail (path ^ ": " ^ why)
  | Sys_error why -> fail why
  | Stack_overflow -> fail (path ^ ": its lists and objects are nested too deeply")
