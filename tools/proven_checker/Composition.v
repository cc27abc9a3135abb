(** The layers of a model of one hidden layer, composed to affine functions and lines. *)

From Coq Require Import List QArith Qabs ZArith Bool Arith.
From Proven Require Import Meaning Networks Forms Cells Trees Answers Judging.
Import ListNotations.
Open Scope Q_scope.

(** A signal: an affine function of the row, and weights of the neurons' positive parts. *)
Record signal := { part_of : affine; reads : list Q }.

(** Signals, and the neurons that there are. *)
Record network := { signals : list signal; neurons : list affine }.

Definition times_affine (w : Q) (a : affine) : affine :=
  {| constant := w * constant a; of_numbers := map (Qmult w) (of_numbers a);
     of_members := map (map (Qmult w)) (of_members a) |}.

Definition times_signal (w : Q) (s : signal) : signal :=
  {| part_of := times_affine w (part_of s); reads := map (Qmult w) (reads s) |}.

Definition add_signal (s t : signal) : signal :=
  {| part_of := add_affine (part_of s) (part_of t); reads := add_numbers (reads s) (reads t) |}.

(** A constant plus weights times signals; terms of 0 are left out. *)
Fixpoint combine_signals (c : Q) (weights : list Q) (ss : list signal) : signal :=
  match weights, ss with
  | w :: weights', s :: ss' =>
      if Qeq_bool w 0 then combine_signals c weights' ss'
      else add_signal (times_signal w s) (combine_signals c weights' ss')
  | _, _ => {| part_of := just c; reads := [] |}
  end.

Fixpoint compose_affine (weights : list (list Q)) (constants : list Q) (ss : list signal) :=
  match weights, constants with
  | w :: weights', c :: constants' =>
      combine_signals c w ss :: compose_affine weights' constants' ss
  | _, _ => []
  end.

Definition reads_none (s : signal) : bool := forallb (fun w => Qeq_bool w 0) (reads s).

(** What a neuron of this number gives: the slope times z, and 1 - slope times the positive part. *)
Definition bend_signal (slope : Q) (s : signal) (number : nat) : signal :=
  {| part_of := times_affine slope (part_of s); reads := repeat 0 number ++ [1 - slope] |}.

(** None where a neuron reads others: there is more than one hidden layer. *)
Fixpoint compose_prelu (slopes : list Q) (ss : list signal) (known : list affine)
    : option network :=
  match slopes, ss with
  | a :: slopes', s :: ss' =>
      if Qeq_bool a 1 then
        match compose_prelu slopes' ss' known with
        | Some n => Some {| signals := s :: signals n; neurons := neurons n |}
        | None => None
        end
      else if reads_none s then
        match compose_prelu slopes' ss' (known ++ [part_of s]) with
        | Some n => Some {| signals := bend_signal a s (length known) :: signals n;
                            neurons := neurons n |}
        | None => None
        end
      else None
  | _, _ => Some {| signals := []; neurons := known |}
  end.

Fixpoint compose (layers : list layer) (n : network) : option network :=
  match layers with
  | [] => Some n
  | Affine weights constants :: rest =>
      compose rest {| signals := compose_affine weights constants (signals n);
                      neurons := neurons n |}
  | Prelu slopes :: rest =>
      match compose_prelu slopes (signals n) (neurons n) with
      | Some n' => compose rest n'
      | None => None
      end
  end.

Definition unit_list (j : nat) : list Q := repeat 0 j ++ [1].

Definition start_signal (p : place) : signal :=
  {| part_of :=
       match p with
       | At_number j => {| constant := 0; of_numbers := unit_list j; of_members := [] |}
       | At_member g m =>
           {| constant := 0; of_numbers := []; of_members := repeat [] g ++ [unit_list m] |}
       end;
     reads := [] |}.

Definition compose_model (layers : list layer) (inputs : list place) : option network :=
  compose layers {| signals := map start_signal inputs; neurons := [] |}.

(** ** Weights over one denominator *)

Fixpoint find_denominator (ws : list Q) : positive :=
  match ws with
  | [] => 1
  | w :: ws' =>
      let d := find_denominator ws' in
      match Z.lcm (QDen (Qred w)) (Zpos d) with Zpos l => l | _ => d end
  end.

Definition weigh_over (d : positive) (w : Q) : Z := (Qnum w * Zpos d / QDen w)%Z.

(** Lines with the weights that a signal has for neurons; none where they aren't whole. *)
Fixpoint make_lines (d : positive) (neurons : list affine) (ws : list Q)
    : option (list (affine * Z)) :=
  match neurons, ws with
  | _, [] => Some (map (fun z => (z, 0%Z)) neurons)
  | z :: neurons', w :: ws' =>
      let weight := weigh_over d w in
      if Qeq_bool (weight # d) w then
        match make_lines d neurons' ws' with
        | Some rest => Some ((z, weight) :: rest)
        | None => None
        end
      else None
  | [], _ :: _ => None
  end.

(** ** The check *)

(** One score of the model, less what rules say of it. *)
Definition difference (c : proof_claim) (n : network) (i : nat) : option scoring :=
  match nth_error (signals n) i with
  | Some s =>
      let d := find_denominator (reads s) in
      match make_lines d (neurons n) (reads s) with
      | Some lines =>
          Some {| base := part_of s; lines := lines; over := d; splits := splits_of c;
                  descent := descent_of c; maps := map minus_affine (nth i (scores_of c) []) |}
      | None => None
      end
  | None => None
  end.

(** The bounds of a score, as ranges of the difference. *)
Definition ends_of (c : proof_claim) (i rule : nat) : ends :=
  let '(above, below) := nth rule (nth i (bounds_of c) []) (0, 0) in
  {| low := Some (- below); high := Some above |}.

(** Trees of all rules and ways, whose multipliers are those of one score. *)
Record score_evidence := { rule_trees : list node; path_trees : list node }.

Definition check_score (c : proof_claim) (n : network) (complete : bool)
    (conditions : list (list side)) (i : nat) (e : score_evidence) : option verdict :=
  match difference c n i with
  | Some s =>
      check_rules (domain_of c) s (ends_of c i) complete conditions (rule_trees e) (path_trees e)
  | None => None
  end.

(** All scores, from number i on. *)
Fixpoint check_scores (c : proof_claim) (n : network) (complete : bool)
    (conditions : list (list side)) (i : nat) (es : list score_evidence) : option (list verdict) :=
  match es with
  | [] => Some []
  | e :: es' =>
      match check_score c n complete conditions i e,
            check_scores c n complete conditions (S i) es' with
      | Some v, Some rest => Some (v :: rest)
      | _, _ => None
      end
  end.

(** Points of rules show that the domain isn't empty: each is in it, and one is strictly within the
    limits as they are written and within its rule's conditions. *)
Definition strictly_on (splits : list affine) (x : row) (own : side) : bool :=
  let v := value (nth (fst own) splits nothing) x in
  negb (if snd own then Qle_bool v 0 else Qle_bool 0 v).

Definition strictly_inside (c : proof_claim) (x : row) (own : list side) : bool :=
  forallb (fun l => Qle_bool (value (terms l) x) (at_most l)) (limits (domain_of c))
  && forallb (strictly_on (splits_of c) x) own.

Definition show_points (c : proof_claim) (points : list row) (conditions : list (list side))
    : bool :=
  forallb (in_domain_bool (domain_of c)) points
  && existsb (fun '(x, own) => strictly_inside c x own) (combine points conditions).

Record proof_evidence := {
  every_way_ends : bool;
  conditions_of : list (list side);
  points_of : list row;
  by_score : list score_evidence }.

(** What is shown of every score; none where the proof is refused. *)
Definition judge_proof (c : proof_claim) (e : proof_evidence) : option (list verdict) :=
  match compose_model (layers_of c) (inputs_of c) with
  | Some n =>
      if Nat.eqb (length (by_score e)) (length (scores_of c))
         && Nat.eqb (length (by_score e)) (length (signals n))
         && show_points c (points_of e) (conditions_of e)
      then check_scores c n (every_way_ends e) (conditions_of e) 0 (by_score e)
      else None
  | None => None
  end.
