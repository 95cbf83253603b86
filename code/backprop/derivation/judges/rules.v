(* The rules of the judge for all shapes (rules.py), each stated and proved for real numbers. A
   theorem has the name of the function that carries its rule out. Sums run over 'I_n, the numbers
   below n, for every n; or over any finite set, such as the pairs of two axes.

   `make proofs` has Coq check this. What is proved is the rules, not the program that applies them. *)

From Coq Require Import Reals Lra Lia ZArith.
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.

Open Scope R_scope.

(* Sums of real numbers are the big sums of mathcomp. *)

Lemma assoc_plus : associative Rplus. Proof. by move=> a b c; lra. Qed.
Lemma assoc_mult : associative Rmult. Proof. by move=> a b c; ring. Qed.
Lemma mult_plus : left_distributive Rmult Rplus. Proof. by move=> a b c; ring. Qed.
Lemma plus_mult : right_distributive Rmult Rplus. Proof. by move=> a b c; ring. Qed.

Canonical plus_law := Monoid.Law assoc_plus Rplus_0_l Rplus_0_r.
Canonical plus_comm := Monoid.ComLaw Rplus_comm.
Canonical mult_law := Monoid.Law assoc_mult Rmult_1_l Rmult_1_r.
Canonical mult_comm := Monoid.ComLaw Rmult_comm.
Canonical mult_zero := Monoid.MulLaw Rmult_0_l Rmult_0_r.
Canonical plus_over := Monoid.AddLaw mult_plus plus_mult.

Notation "\sum_ ( i < n ) F" := (\big[Rplus/0%R]_(i < n) F%R) : R_scope.
Notation "\sum_ i F" := (\big[Rplus/0%R]_i F%R) : R_scope.

Definition delta {n} (i j : 'I_n) := if i == j then 1 else 0.

(* [place = 0], for a place on an axis, counted by integers. *)
Definition at_zero (place : Z) := if Z.eq_dec place 0 then 1 else 0.

(* Products, powers, exp and log. *)

Theorem multiply m n (a : 'I_m -> R) (b : 'I_n -> R) :
  (\sum_(i < m) a i) * (\sum_(j < n) b j) = \sum_(i < m) \sum_(j < n) (a i * b j).
Proof. exact: big_distrlr. Qed.

Theorem collect a m n :
  (a <> 0 -> powerRZ a m * powerRZ a n = powerRZ a (m + n)) /\
  (forall r s, 0 < a -> Rpower a r * Rpower a s = Rpower a (r + s)).
Proof.
split=> [nonzero | r s positive]; first by rewrite powerRZ_add.
by rewrite Rpower_plus.
Qed.

Theorem power a b n :
  powerRZ (a * b) n = powerRZ a n * powerRZ b n /\
  (forall r, 0 < a -> 0 < b -> Rpower (a * b) r = Rpower a r * Rpower b r).
Proof.
split=> [| r pa pb]; first exact: powerRZ_mult.
by rewrite Rpower_mult_distr.
Qed.

Theorem exponential a b :
  exp (a + b) = exp a * exp b /\
  (forall n, Rpower (exp a) n = exp (n * a)) /\
  (forall n, 0 < a -> exp (n * ln a) = Rpower a n).
Proof.
by split; [exact: exp_plus | split=> n; rewrite /Rpower ?ln_exp].
Qed.

Theorem logarithm a b :
  (0 < a -> 0 < b -> ln (a * b) = ln a + ln b) /\
  ln (exp a) = a /\
  (forall n, 0 < a -> ln (Rpower a n) = n * ln a).
Proof.
split; first exact: ln_mult.
by split=> [| n _]; [exact: ln_exp | rewrite /Rpower ln_exp].
Qed.

Theorem bracket (k c e : Z) n (i j : 'I_n) :
  at_zero (Z.of_nat i - Z.of_nat j) = delta i j /\
  (k <> 0%Z -> at_zero (k * e) = at_zero e) /\
  (~ (k | c)%Z -> at_zero (k * e + c) = 0) /\
  ((0 < e)%Z -> at_zero e = 0 /\ at_zero (- e) = 0).
Proof.
rewrite /at_zero /delta; split; last split=> [nonzero | ]; last split=> [apart | positive].
- case: eqP => [-> | other]; case: Z.eq_dec => same //; first by case: same; lia.
  by case: other; apply: ord_inj; lia.
- by case: Z.eq_dec => one; case: Z.eq_dec => other //; exfalso; nia.
- by case: Z.eq_dec => // zero; case: apart; exists (- e)%Z; lia.
- by case: Z.eq_dec => one; case: Z.eq_dec => other //; exfalso; lia.
Qed.

Theorem same_place (p q : Z) :
  at_zero p * at_zero p = at_zero p /\
  at_zero p * at_zero q = at_zero p * at_zero (p - q) /\
  at_zero p * at_zero q = at_zero p * at_zero (p + q).
Proof.
rewrite /at_zero; case: (Z.eq_dec p 0) => zero; last by rewrite !Rmult_0_l.
rewrite !Rmult_1_l; split=> //.
by split; case: (Z.eq_dec q 0); case: Z.eq_dec => // *; exfalso; lia.
Qed.

Theorem substitute (p e k c : Z) :
  at_zero (p - e) * at_zero (k * p + c) = at_zero (p - e) * at_zero (k * e + c).
Proof.
rewrite {1 3}/at_zero; case: (Z.eq_dec (p - e) 0) => [same | _] /=; last by ring.
by have -> : p = e by lia.
Qed.

Theorem pick_free n (a b : 'I_n) (f : 'I_n -> R) :
  delta a b * f b = delta a b * f a /\ delta a b * delta a b = delta a b.
Proof.
by rewrite /delta; case: eqP => [-> | _]; split; ring.
Qed.

Theorem whole_roots p whole r :
  0 < p -> Rpower p (IZR whole + r) = powerRZ p whole * Rpower p r.
Proof.
by move=> positive; rewrite Rpower_plus -powerRZ_Rpower.
Qed.

Theorem whole_totals a b whole r :
  0 < a + b ->
  Rpower (a + b) (INR (S whole) + r) =
  a * Rpower (a + b) (INR whole + r) + b * Rpower (a + b) (INR whole + r).
Proof.
move=> positive; have ->: INR (S whole) + r = 1 + (INR whole + r) by rewrite S_INR; lra.
by rewrite Rpower_plus Rpower_1 //; ring.
Qed.

Theorem divide a b n :
  (a + b <> 0 -> a * powerRZ (a + b) n = powerRZ (a + b) (n + 1) - b * powerRZ (a + b) n) /\
  (forall r, 0 < a + b -> a * Rpower (a + b) r = Rpower (a + b) (r + 1) - b * Rpower (a + b) r).
Proof.
split=> [nonzero | r positive]; first by rewrite powerRZ_add //= Rmult_1_r; ring.
by rewrite Rpower_plus Rpower_1 //; ring.
Qed.

(* Cases: [x > 0] is 1 or 0. Of the last two no rule is made. *)

Definition above (x : R) := if Rlt_dec 0 x then 1 else 0.

Lemma one_or_zero x : (0 < x /\ above x = 1) \/ (x <= 0 /\ above x = 0).
Proof.
by rewrite /above; case: Rlt_dec => side; [left | right; split=> //; apply: Rnot_lt_le].
Qed.

Theorem indicator p x :
  (0 < p -> above (p * x) = above x) /\
  (x <> 0 -> above (- x) = 1 - above x) /\
  (0 < p -> above p = 1 /\ above (- p) = 0) /\
  above 0 = 0.
Proof.
split=> [pos | ].
  by case: (one_or_zero (p * x)) => -[? ->]; case: (one_or_zero x) => -[? ->] //; nra.
split=> [nonzero | ].
  have [low | high] := Rdichotomy _ _ nonzero;
  by case: (one_or_zero (- x)) => -[? ->]; case: (one_or_zero x) => -[? ->]; lra.
split=> [pos | ]; last by case: (one_or_zero 0) => -[? ->]; lra.
by split; [case: (one_or_zero p) | case: (one_or_zero (- p))] => -[? ->]; lra.
Qed.

Theorem cases (f : R -> R) x :
  f (above x) = above x * f 1 + (1 - above x) * f 0.
Proof. by case: (one_or_zero x) => -[_ ->]; ring. Qed.

Theorem once x :
  above x * above x = above x.
Proof. by case: (one_or_zero x) => -[_ ->]; ring. Qed.

Theorem implied x p :
  0 <= p ->
  above x * above (x + p) = above x /\
  above x * above (- x - p) = 0.
Proof.
move=> pos; case: (one_or_zero x) => -[? ->]; case: (one_or_zero (x + p)) => -[? ->];
by case: (one_or_zero (- x - p)) => -[? ->]; lra.
Qed.

Theorem all_cases x y z :
  0 < x -> 0 <= y -> 0 <= z -> x + y + z <= 0 -> False.
Proof. by move=> *; lra. Qed.

Theorem no_slope x :
  x <> 0 -> derivable_pt_lim above x 0.
Proof.
move=> nonzero e pos; have small : 0 < Rabs x by apply: Rabs_pos_lt.
exists (mkposreal _ small) => h _ /= near; have -> : above (x + h) = above x.
  have [low | high] := Rdichotomy _ _ nonzero; move: near.
    rewrite (Rabs_left x) // => near; have [? ?] := Rabs_def2 _ _ near.
    by case: (one_or_zero (x + h)) => -[? ->]; case: (one_or_zero x) => -[? ->]; lra.
  rewrite (Rabs_right x) => [near | ]; last by apply: Rle_ge; apply: Rlt_le.
  have [? ?] := Rabs_def2 _ _ near.
  by case: (one_or_zero (x + h)) => -[? ->]; case: (one_or_zero x) => -[? ->]; lra.
by rewrite /Rminus Rplus_opp_r /Rdiv Rmult_0_l Ropp_0 Rplus_0_r Rabs_R0.
Qed.

(* Sums over an axis of any length. *)

Theorem sum_over n m (f : 'I_m -> 'I_n -> R) :
  \sum_(i < n) \sum_(t < m) f t i = \sum_(t < m) \sum_(i < n) f t i.
Proof. exact: exchange_big. Qed.

Theorem pick n (j : 'I_n) (f : 'I_n -> R) :
  \sum_(i < n) (delta i j * f i) = f j.
Proof.
rewrite (bigD1 j) //= big1 => [| i /negbTE other]; first by rewrite /delta eqxx; lra.
by rewrite /delta other; lra.
Qed.

Theorem count n :
  \sum_(i < n) 1 = INR n.
Proof.
elim: n => [| n same]; first by rewrite big_ord0.
by rewrite big_ord_recr S_INR -same.
Qed.

Theorem join (I J : finType) (f : I -> R) (g : I -> J -> R) (h : J -> R) :
  \sum_i (f i * \sum_j g i j) = \sum_i \sum_j (f i * g i j) /\
  (\sum_j h j) * (\sum_j h j) = \sum_j \sum_k (h j * h k).
Proof.
split; last exact: big_distrlr.
by apply: eq_bigr => i _; rewrite big_distrr.
Qed.

Theorem fold (I : finType) (f : I -> R) k :
  \sum_j f j <> 0 ->
  \sum_i (f i * powerRZ (\sum_j f j) k) = powerRZ (\sum_j f j) (k + 1).
Proof.
by move=> nonzero; rewrite -big_distrl powerRZ_add //= Rmult_1_r Rmult_comm.
Qed.

Theorem slide n (e : Z) (g : Z -> R) :
  (0 <= e < Z.of_nat n)%Z ->
  \sum_(p < n) (at_zero (Z.of_nat p - e) * g (Z.of_nat p)) = g e.
Proof.
move=> inside; have small : (Z.to_nat e < n)%nat by apply/ltP; lia.
pose place := Ordinal small; have same : e = Z.of_nat place by rewrite /=; lia.
rewrite same -(pick n place (fun p => g (Z.of_nat p))).
by apply: eq_bigr => p _; have [-> _] := bracket 0 0 0 n p place.
Qed.

(* What is chosen from an axis: a one-hot is δ_im, 1 at the place m and else 0. *)

Theorem one_hot n (i j m : 'I_n) :
  delta i m * delta j m = delta i j * delta i m /\
  delta i m * delta i m = delta i m.
Proof.
rewrite /delta; split; last by case: eqP => _; ring.
case: (i =P m) => [-> | _]; last by ring.
by rewrite (eq_sym j m); ring.
Qed.

Theorem one_place n (m : 'I_n) :
  \sum_(i < n) delta i m = 1.
Proof.
rewrite -(pick n m (fun _ => 1)).
by apply: eq_bigr => i _; ring.
Qed.

Theorem chosen n (m : 'I_n) (f : R -> R) (x : 'I_n -> R) :
  f (\sum_(k < n) (delta k m * x k)) = \sum_(k < n) (delta k m * f (x k)).
Proof. by rewrite !pick. Qed.

Theorem largest_at n (m : 'I_n) (x : 'I_n -> R) p c :
  0 < p ->
  (forall k, x k <= x m) <-> (forall k, p * x k + c <= p * x m + c).
Proof. by move=> pos; split=> largest k; have := largest k; nra. Qed.

Theorem still_largest n (m : 'I_n) (x y : 'I_n -> R) e :
  (forall k, k != m -> x k + 2 * e <= x m) ->
  (forall k, Rabs (y k - x k) < e) ->
  forall k, k != m -> y k < y m.
Proof.
move=> gap near k other; have := gap k other.
by have [? ?] := Rabs_def2 _ _ (near k); have [? ?] := Rabs_def2 _ _ (near m); lra.
Qed.

Theorem meet n (e : Z) (f g : 'I_n -> R) :
  (\sum_(p < n) (at_zero (Z.of_nat p - e) * f p)) *
  (\sum_(q < n) (at_zero (Z.of_nat q - e) * g q)) =
  \sum_(p < n) (at_zero (Z.of_nat p - e) * (f p * g p)).
Proof.
rewrite multiply; apply: eq_bigr => p _.
transitivity (\sum_(q < n) (delta q p * (at_zero (Z.of_nat p - e) * (f p * g q)))); last first.
  by rewrite (pick n p (fun q => at_zero (Z.of_nat p - e) * (f p * g q))).
apply: eq_bigr => q _; have [<- _] := bracket 0 0 0 n q p.
rewrite /at_zero; case: Z.eq_dec => one; case: Z.eq_dec => two; case: Z.eq_dec => three /=;
  try ring; exfalso; lia.
Qed.

Theorem between n (e f : Z) (g : Z -> R) :
  (0 <= e)%Z -> (f < Z.of_nat n)%Z ->
  \sum_(p < n) (at_zero (Z.of_nat p - e) * (at_zero (Z.of_nat p - f) * g (Z.of_nat p))) =
  at_zero (e - f) * g e.
Proof.
move=> low high; case: (Z.eq_dec e f) => [same | apart].
  by rewrite (slide n e (fun p => at_zero (p - f) * g p)) //; lia.
rewrite big1 => [| p _].
  by rewrite /at_zero; case: Z.eq_dec => zero /=; [exfalso; lia | ring].
rewrite /at_zero; case: Z.eq_dec => one; case: Z.eq_dec => two /=; try ring; exfalso; lia.
Qed.

Theorem complement n (t : 'I_n) (c : nat) :
  \sum_(q < n) at_zero (Z.of_nat q - (Z.of_nat t - Z.of_nat c)) =
  1 - \sum_(r < c) at_zero (Z.of_nat t - Z.of_nat r).
Proof.
case: (Nat.lt_ge_cases t c) => [early | late].
  rewrite big1 => [| q _]; last by rewrite /at_zero; case: Z.eq_dec => //; lia.
  have small : (t < c)%nat by apply/ltP.
  have := slide c (Z.of_nat t) (fun _ => 1) ltac:(lia) => one.
  have all : \sum_(r < c) at_zero (Z.of_nat t - Z.of_nat r) = 1; last by rewrite all; ring.
  apply: etrans one; apply: eq_bigr => r _.
  by rewrite Rmult_1_r /at_zero; case: Z.eq_dec => ?; case: Z.eq_dec => ? //; lia.
have inside : (0 <= Z.of_nat t - Z.of_nat c < Z.of_nat n)%Z by have /ltP := ltn_ord t; lia.
have := slide n _ (fun _ => 1) inside => one.
rewrite [X in _ = 1 - X]big1 => [| r _].
  rewrite Rminus_0_r; apply: etrans one.
  by apply: eq_bigr => q _; rewrite Rmult_1_r.
by rewrite /at_zero; case: Z.eq_dec => //; have /ltP := ltn_ord r; lia.
Qed.

(* The two rules by which sums and products are differentiated (derivatives.py). *)

Theorem slope n (f df : 'I_n -> R -> R) (g h : R -> R) dg dh x :
  (forall i, derivable_pt_lim (f i) x (df i x)) ->
  derivable_pt_lim g x dg ->
  derivable_pt_lim h x dh ->
  derivable_pt_lim (fun t => \sum_(i < n) f i t) x (\sum_(i < n) df i x) /\
  derivable_pt_lim (fun t => g t * h t) x (dg * h x + g x * dh).
Proof.
move=> of_f of_g of_h; split; last exact: derivable_pt_lim_mult.
elim: n f df of_f => [| n same] f df of_f.
  rewrite big_ord0; apply: (derivable_pt_lim_ext (fun _ => 0)) => [t|]; first by rewrite big_ord0.
  exact: derivable_pt_lim_const.
rewrite big_ord_recr; apply: (derivable_pt_lim_ext
  (fun t => \sum_(i < n) f (widen_ord (leqnSn n) i) t + f ord_max t)) => [t|].
  by rewrite big_ord_recr.
pose old := widen_ord (leqnSn n).
have first := same (fun i => f (old i)) (fun i => df (old i)) (fun i => of_f (old i)).
exact: (derivable_pt_lim_plus _ _ _ _ _ first (of_f ord_max)).
Qed.

(* What `add_up` does with what no rule changes: sums that share no index are apart, and what has
   no summed index comes out in front. *)

Theorem together m n (f : 'I_m -> R) (g : 'I_n -> R) c :
  \sum_(i < m) \sum_(j < n) (f i * g j) = (\sum_(i < m) f i) * (\sum_(j < n) g j) /\
  \sum_(i < m) (c * f i) = c * \sum_(i < m) f i.
Proof. by rewrite multiply big_distrr. Qed.
