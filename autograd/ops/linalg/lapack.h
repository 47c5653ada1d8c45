#pragma once

/// The routines of LAPACK, and BLAS's trsm, that linear algebra calls: column-major memory, leading dimensions, results
/// in place of the operands, as LAPACK documents them. All return its code `info`: 0, or what went wrong. Workspace is
/// their own. OpenBLAS must be held to one thread around them (see SingleThreadedBlas).
namespace xgrad::ops::lapack {

// For float and double alike.
#define XGRAD_LAPACK(T)                                                                                               \
    /* A = P L U. */                                                                                                  \
    int getrf(int m, int n, T* a, int* pivots);                                                                       \
    int getrs(char trans, int n, int columns, const T* lu, const int* pivots, T* b);                                  \
    /* A = L L^T or U^T U. */                                                                                         \
    int potrf(char uplo, int n, T* a);                                                                                \
    /* A = Q R, and the first `columns` columns of Q from its k reflections. */                                       \
    int geqrf(int m, int n, T* a, T* tau);                                                                            \
    int orgqr(int m, int columns, int k, T* a, const T* tau);                                                         \
    /* Eigenvalues w of a symmetric matrix; eigenvectors in place of `a` if jobz is 'V'. */                           \
    int syevd(char jobz, char uplo, int n, T* a, T* w);                                                               \
    /* A = U diag(s) V^T: all ('A'), the first min(m, n) ('S') or no ('N') singular vectors. */                       \
    int gesdd(char jobz, int m, int n, T* a, T* s, T* u, T* vt, int ldvt);                                            \
    int gesvd(char job, int m, int n, T* a, T* s, T* u, T* vt, int ldvt);                                             \
    /* Least squares; b has max(m, n) rows. */                                                                        \
    int gels(int m, int n, int columns, T* a, T* b, int ldb);                                                         \
    int gelsy(int m, int n, int columns, T* a, T* b, int ldb, T rcond, int* rank);                                    \
    int gelsd(int m, int n, int columns, T* a, T* b, int ldb, T* s, T rcond, int* rank);                              \
    int gelss(int m, int n, int columns, T* a, T* b, int ldb, T* s, T rcond, int* rank);                              \
    /* X op(A) = B (side 'R') or op(A) X = B ('L'), X and B (m, n) with columns of m, A with columns of its order. */ \
    void trsm(char side, char uplo, char trans, char diag, int m, int n, const T* a, T* b);
XGRAD_LAPACK(float)
XGRAD_LAPACK(double)
#undef XGRAD_LAPACK

}  // namespace xgrad::ops::lapack
