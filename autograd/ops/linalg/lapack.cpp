#include <xgrad/autograd/ops/linalg/lapack.h>
#include <xgrad/autograd/pool_allocator.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

// Prototypes of our own: xtensor-blas's cxxlapack declares all of LAPACK, which takes seconds to compile. The lengths
// of character arguments follow the others, as Fortran compilers pass them.
using Length = std::size_t;
#define XGRAD_FORTRAN(p, T)                                                                                            \
    void p##getrf_(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);                          \
    void p##getrs_(const char* trans, const int* n, const int* columns, const T* a, const int* lda, const int* pivots, \
                   T* b, const int* ldb, int* info, Length);                                                           \
    void p##potrf_(const char* uplo, const int* n, T* a, const int* lda, int* info, Length);                           \
    void p##geqrf_(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork, int* info);    \
    void p##orgqr_(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work,              \
                   const int* lwork, int* info);                                                                       \
    void p##syevd_(const char* jobz, const char* uplo, const int* n, T* a, const int* lda, T* w, T* work,              \
                   const int* lwork, int* iwork, const int* liwork, int* info, Length, Length);                        \
    void p##gesdd_(const char* jobz, const int* m, const int* n, T* a, const int* lda, T* s, T* u, const int* ldu,     \
                   T* vt, const int* ldvt, T* work, const int* lwork, int* iwork, int* info, Length);                  \
    void p##gesvd_(const char* jobu, const char* jobvt, const int* m, const int* n, T* a, const int* lda, T* s, T* u,  \
                   const int* ldu, T* vt, const int* ldvt, T* work, const int* lwork, int* info, Length, Length);      \
    void p##gels_(const char* trans, const int* m, const int* n, const int* columns, T* a, const int* lda, T* b,       \
                  const int* ldb, T* work, const int* lwork, int* info, Length);                                       \
    void p##gelsy_(const int* m, const int* n, const int* columns, T* a, const int* lda, T* b, const int* ldb,         \
                   int* jpvt, const T* rcond, int* rank, T* work, const int* lwork, int* info);                        \
    void p##gelsd_(const int* m, const int* n, const int* columns, T* a, const int* lda, T* b, const int* ldb, T* s,   \
                   const T* rcond, int* rank, T* work, const int* lwork, int* iwork, int* info);                       \
    void p##gelss_(const int* m, const int* n, const int* columns, T* a, const int* lda, T* b, const int* ldb, T* s,   \
                   const T* rcond, int* rank, T* work, const int* lwork, int* info);                                   \
    void p##trsm_(const char* side, const char* uplo, const char* trans, const char* diag, const int* m, const int* n, \
                  const T* alpha, const T* a, const int* lda, T* b, const int* ldb, Length, Length, Length, Length);
extern "C" {
XGRAD_FORTRAN(s, float)
XGRAD_FORTRAN(d, double)
}
#undef XGRAD_FORTRAN

namespace xgrad::ops::lapack {

namespace {

using Integers = detail::PoolVector<int>;

int leading(int rows) { return std::max(rows, 1); }

/// Calls a routine for the size of its workspace, then with it: call(work, size of work, integers).
template <class T, class Call>
int with_workspace(Call call) {
    T size = 0;
    int integer = 0;
    if (const int info = call(&size, -1, &integer); info != 0) return info;
    // A float holds large sizes rounded, perhaps down.
    const T enough = std::nextafter(size, std::numeric_limits<T>::max());
    detail::PoolVector<T> work(static_cast<std::size_t>(std::max(std::ceil(enough), T(1))));
    Integers integers(static_cast<std::size_t>(std::max(integer, 1)));
    return call(work.data(), static_cast<int>(work.size()), integers.data());
}

}  // namespace

#define XGRAD_LAPACK(p, T)                                                                                 \
    int getrf(int m, int n, T* a, int* pivots) {                                                           \
        int info = 0;                                                                                      \
        const int lda = leading(m);                                                                        \
        p##getrf_(&m, &n, a, &lda, pivots, &info);                                                         \
        return info;                                                                                       \
    }                                                                                                      \
    int getrs(char trans, int n, int columns, const T* lu, const int* pivots, T* b) {                      \
        int info = 0;                                                                                      \
        const int ld = leading(n);                                                                         \
        p##getrs_(&trans, &n, &columns, lu, &ld, pivots, b, &ld, &info, 1);                                \
        return info;                                                                                       \
    }                                                                                                      \
    int potrf(char uplo, int n, T* a) {                                                                    \
        int info = 0;                                                                                      \
        const int ld = leading(n);                                                                         \
        p##potrf_(&uplo, &n, a, &ld, &info, 1);                                                            \
        return info;                                                                                       \
    }                                                                                                      \
    int geqrf(int m, int n, T* a, T* tau) {                                                                \
        const int lda = leading(m);                                                                        \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##geqrf_(&m, &n, a, &lda, tau, work, &lwork, &info);                                          \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int orgqr(int m, int columns, int k, T* a, const T* tau) {                                             \
        const int lda = leading(m);                                                                        \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##orgqr_(&m, &columns, &k, a, &lda, tau, work, &lwork, &info);                                \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int syevd(char jobz, char uplo, int n, T* a, T* w) {                                                   \
        const int ld = leading(n);                                                                         \
        /* The size of the integer workspace, too, is asked for. */                                        \
        const int integers = jobz == 'V' ? 3 + 5 * n : 1;                                                  \
        Integers own(static_cast<std::size_t>(integers));                                                  \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##syevd_(&jobz, &uplo, &n, a, &ld, w, work, &lwork, own.data(), &integers, &info, 1, 1);      \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gesdd(char jobz, int m, int n, T* a, T* s, T* u, T* vt, int ldvt) {                                \
        const int ld = leading(m), ldv = leading(ldvt);                                                    \
        Integers own(static_cast<std::size_t>(8 * leading(std::min(m, n))));                               \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##gesdd_(&jobz, &m, &n, a, &ld, s, u, &ld, vt, &ldv, work, &lwork, own.data(), &info, 1);     \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gesvd(char job, int m, int n, T* a, T* s, T* u, T* vt, int ldvt) {                                 \
        const int ld = leading(m), ldv = leading(ldvt);                                                    \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##gesvd_(&job, &job, &m, &n, a, &ld, s, u, &ld, vt, &ldv, work, &lwork, &info, 1, 1);         \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gels(int m, int n, int columns, T* a, T* b, int ldb) {                                             \
        const int lda = leading(m);                                                                        \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##gels_("N", &m, &n, &columns, a, &lda, b, &ldb, work, &lwork, &info, 1);                     \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gelsy(int m, int n, int columns, T* a, T* b, int ldb, T rcond, int* rank) {                        \
        const int lda = leading(m);                                                                        \
        Integers jpvt(static_cast<std::size_t>(leading(n)));                                               \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##gelsy_(&m, &n, &columns, a, &lda, b, &ldb, jpvt.data(), &rcond, rank, work, &lwork, &info); \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gelsd(int m, int n, int columns, T* a, T* b, int ldb, T* s, T rcond, int* rank) {                  \
        const int lda = leading(m);                                                                        \
        return with_workspace<T>([&](T* work, int lwork, int* integers) {                                  \
            int info = 0;                                                                                  \
            p##gelsd_(&m, &n, &columns, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, integers, &info); \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    int gelss(int m, int n, int columns, T* a, T* b, int ldb, T* s, T rcond, int* rank) {                  \
        const int lda = leading(m);                                                                        \
        return with_workspace<T>([&](T* work, int lwork, int*) {                                           \
            int info = 0;                                                                                  \
            p##gelss_(&m, &n, &columns, a, &lda, b, &ldb, s, &rcond, rank, work, &lwork, &info);           \
            return info;                                                                                   \
        });                                                                                                \
    }                                                                                                      \
    void trsm(char side, char uplo, char trans, char diag, int m, int n, const T* a, T* b) {               \
        const T one = 1;                                                                                   \
        const int lda = leading(side == 'L' ? m : n), ldb = leading(m);                                    \
        p##trsm_(&side, &uplo, &trans, &diag, &m, &n, &one, a, &lda, b, &ldb, 1, 1, 1, 1);                 \
    }
XGRAD_LAPACK(s, float)
XGRAD_LAPACK(d, double)
#undef XGRAD_LAPACK

}  // namespace xgrad::ops::lapack
