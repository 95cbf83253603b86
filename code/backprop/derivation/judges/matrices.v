(* What the judge for all shapes knows of inverses, determinants and hypotheses on matrices
   (matrices.py), each stated and proved for matrices of every size over a field, such as the real
   numbers. A theorem has the name of the function that carries it out. *)

From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop.
From mathcomp Require Import ssralg matrix zmodp perm.

Open Scope ring_scope.
Import GRing.Theory.

Definition kronecker (F : fieldType) n (i j : 'I_n) : F := (i == j)%:R.

Theorem inverse (F : fieldType) n (A : 'M[F]_n) (i j : 'I_n) :
  \det A != 0 ->
  \sum_k A i k * invmx A k j = kronecker F n i j /\
  \sum_k invmx A i k * A k j = kronecker F n i j.
Proof.
rewrite -unitfE -unitmxE => unit; rewrite /kronecker; split.
  by have /matrixP/(_ i j) := mulmxV unit; rewrite !mxE.
by have /matrixP/(_ i j) := mulVmx unit; rewrite !mxE.
Qed.

Theorem slope_of_inverse (F : fieldType) n (A B dA dB : 'M[F]_n) :
  A *m B = 1%:M ->
  dA *m B + A *m dB = 0 ->
  dB = - (B *m dA *m B).
Proof.
move=> right slopes; have left := mulmx1C right.
have {slopes} : A *m dB = - (dA *m B) by apply/eqP; rewrite -addr_eq0 addrC slopes.
by move/(congr1 (mulmx B)); rewrite mulmxA left mul1mx mulmxN mulmxA.
Qed.

Theorem slope_of_det (F : fieldType) n (A : 'M[F]_n) (a b : 'I_n) (t : F) :
  \det A != 0 ->
  \det (A + t *: delta_mx a b) = \det A + t * (\det A * invmx A b a).
Proof.
move=> nonzero; have unit : A \in unitmx by rewrite unitmxE unitfE.
have cof j : cofactor (A + t *: delta_mx a b) a j = cofactor A a j.
  rewrite /cofactor; congr (_ * \det _); apply/matrixP=> x y; rewrite !mxE.
  by rewrite [lift a x == a]eq_sym (negbTE (neq_lift a x)) /= mulr0 addr0.
rewrite (expand_det_row _ a) (expand_det_row A a).
under eq_bigr do rewrite cof !mxE mulrDl.
rewrite big_split /=; congr (_ + _); last first.
rewrite (bigD1 b) //= big1 => [| j /negbTE other]; last by rewrite eqxx other mulr0 mul0r.
rewrite !eqxx mulr1 addr0; congr (_ * _).
rewrite /invmx unit !mxE mulrA -(expand_det_row A a) mulfV ?mul1r //.
Qed.

Theorem symmetric (F : fieldType) n (A : 'M[F]_n) (i j : 'I_n) :
  A^T = A ->
  A i j = A j i /\ invmx A i j = invmx A j i.
Proof.
move=> same; have inv : (invmx A)^T = invmx A by rewrite trmx_inv same.
by split; [have /matrixP/(_ i j) := same | have /matrixP/(_ i j) := inv]; rewrite mxE.
Qed.

Theorem orthogonal (F : fieldType) m n (Q : 'M[F]_(m, n)) (P : 'M[F]_n) (i j : 'I_n) :
  (Q^T *m Q = 1%:M -> \sum_k Q k i * Q k j = kronecker F n i j) /\
  (P^T *m P = 1%:M -> \sum_k P i k * P j k = kronecker F n i j).
Proof.
rewrite /kronecker; split=> [same | /mulmx1C same].
  have /matrixP/(_ i j) := same; rewrite !mxE => <-.
  by apply: eq_bigr => k _; rewrite !mxE.
have /matrixP/(_ i j) := same; rewrite !mxE => <-.
by apply: eq_bigr => k _; rewrite !mxE.
Qed.

Theorem inverse_of_orthogonal (F : fieldType) n (Q : 'M[F]_n) (i j : 'I_n) :
  Q^T *m Q = 1%:M ->
  invmx Q i j = Q j i.
Proof.
move=> same; have [_ unit] := mulmx1_unit same.
have <- : Q^T = invmx Q by rewrite -[Q^T]mulmx1 -(mulmxV unit) mulmxA same mul1mx.
by rewrite mxE.
Qed.

Theorem projection (F : fieldType) n (P : 'M[F]_n) (i j : 'I_n) :
  P^T = P -> P *m P = P ->
  \sum_k P i k * P k j = P i j /\ P i j = P j i.
Proof.
move=> same square; split; last by have /matrixP/(_ i j) := same; rewrite mxE.
by have /matrixP/(_ i j) := square; rewrite mxE.
Qed.
