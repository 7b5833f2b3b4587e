/* The kernel of merges: raw pieces of a base and some models in, the raw merged piece out, in one pass.
 *
 * It knows numbers, not files, formulas' names or threads; Python hands it pieces and holds all state. Without it the
 * numpy code in `fusion`, `combination`, `selection`, ... gives the same bytes. Written in C99; with GCC on x86-64 the
 * loops are compiled for three instruction sets, of which the caller chooses one.
 */

#include "kernel.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernel is for little-endian machines; the numpy path runs everywhere"
#endif

#define MOST 32       /* models at most; more go the numpy path */
#define SPAN (1u << 27) /* magnitudes that have a bucket of their own: 16 powers of two below the largest of a row */

typedef struct {
    uint16_t *bucket;
    uint32_t *counts;
    uint64_t *order;
    float *chance;
    uint8_t *keep;
} Workspace;

static int bucket_bits(int64_t length) {
    int bits = 9;
    while (bits < 13 && ((int64_t)1 << bits) < 1 * length) bits++;
    return bits;
}

/* Bytes a workspace for rows of this length needs, with some to spare: eight marks are looked at together. */
int64_t polyclinic_workspace_bytes(int64_t length) { return 8 * (1 << 14) + length * 24 + 256; }

static Workspace workspace(void *memory, int64_t length) {
    Workspace work;
    char *place = memory;
    work.order = (uint64_t *)(void *)place;
    place += 8 * length;
    work.counts = (uint32_t *)(void *)place;
    place += 4 * (1 << 14);
    work.chance = (float *)(void *)place;
    place += 4 * length;
    work.bucket = (uint16_t *)(void *)place;
    place += 2 * length;
    work.keep = (uint8_t *)place;
    return work;
}

static inline uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Ascending; numbers are distinct. Few are put in their places one by one, many are heap-sorted. */
static void sort_numbers(uint64_t *numbers, int64_t count) {
    if (count <= 24) {
        for (int64_t i = 1; i < count; i++) {
            uint64_t moved = numbers[i];
            int64_t k = i;
            for (; k > 0 && numbers[k - 1] > moved; k--) numbers[k] = numbers[k - 1];
            numbers[k] = moved;
        }
        return;
    }
    for (int64_t begin = count / 2, end = count; end > 1;) {
        uint64_t sunk;
        if (begin > 0) {
            sunk = numbers[--begin];
        } else {
            sunk = numbers[--end];
            numbers[end] = numbers[0];
        }
        int64_t place = begin;
        for (int64_t child; (child = 2 * place + 1) < end; place = child) {
            if (child + 1 < end && numbers[child + 1] > numbers[child]) child++;
            if (numbers[child] <= sunk) break;
            numbers[place] = numbers[child];
        }
        numbers[place] = sunk;
    }
}

/* Sorts a row by magnitude, of equals the higher index first, as numbers of magnitude and index; `counts` holds where
 * each bucket begins. Buckets are in order already, so only neighbours within one change places. */
static void sort_row(Workspace *work, const uint32_t *bits, int64_t length) {
    uint64_t *order = work->order;
    int64_t moves = 16 * length; /* more are needed where a bucket is crowded: then the whole row is sorted anew */
    for (int64_t i = length - 1; i >= 0; i--)
        order[work->counts[work->bucket[i]]++] = (uint64_t)(bits[i] & 0x7fffffffu) << 32 | (uint64_t)(length - 1 - i);
    for (int64_t i = 1; i < length; i++) {
        uint64_t moved = order[i];
        int64_t k = i;
        for (; k > 0 && order[k - 1] > moved; k--) order[k] = order[k - 1];
        order[k] = moved;
        if ((moves -= i - k) < 0) {
            sort_numbers(order, length);
            return;
        }
    }
}

#if defined(__GNUC__)
#define ALWAYS static inline __attribute__((always_inline)) void
#define ALWAYS_BITS static inline __attribute__((always_inline)) uint32_t
#define FIRST_BYTE(word) (__builtin_ctzll(word) >> 3)
#else
#define ALWAYS static inline void
#define ALWAYS_BITS static inline uint32_t
static int first_byte(uint64_t word) {
    int place = 0;
    for (; !(word & 0xff); word >>= 8) place++;
    return place;
}
#define FIRST_BYTE(word) first_byte(word)
#endif

#define NAME(x) x##_plain
#include "loops.h"
#undef NAME

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define VARIANTS 3
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#define NAME(x) x##_avx2
#include "loops.h"
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#define NAME(x) x##_avx512
#include "loops.h"
#undef NAME
#pragma GCC pop_options
#define CHOOSE(name, ...) \
    (level >= 2 ? name##_avx512(__VA_ARGS__) : level == 1 ? name##_avx2(__VA_ARGS__) : name##_plain(__VA_ARGS__))
#else
#define VARIANTS 1
#define CHOOSE(name, ...) ((void)level, name##_plain(__VA_ARGS__))
#endif

/* The widest instruction set this machine has: 0 the compiler's own, 1 AVX2, 2 AVX-512. */
int polyclinic_level(void) {
#if VARIANTS == 3
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2"))
        return 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return 2;
    return 1;
#else
    return 0;
#endif
}

/* Sizes of the structures, for the caller to see that it declares the same ones. */
int polyclinic_sizes(int which) {
    const size_t sizes[] = {sizeof(Parent), sizeof(Merge), sizeof(Rows), sizeof(Tally), MOST};
    return (int)sizes[which];
}

int polyclinic_merge(Merge *merge, int level) { return CHOOSE(merge, merge); }

int polyclinic_products(const Merge *merge, int deltas, int64_t block, double *lanes, double *out, int level) {
    return CHOOSE(products, merge, deltas, block, lanes, out);
}

int polyclinic_dropout_sums(const Merge *merge, int64_t block, double *lanes, double *out, int level) {
    return CHOOSE(dropout_sums, merge, block, lanes, out);
}

int polyclinic_scan(const Merge *merge, Tally *tallies, int count, int level) {
    return CHOOSE(scan, merge, tallies, count);
}

int polyclinic_crumb_rows(Rows *rows, int level) { return CHOOSE(crumb_rows, rows); }

int polyclinic_prune_rows(Rows *rows, int level) { return CHOOSE(prune_rows, rows); }

/* Writes the places and counts of the bins that are not empty, in order, and empties them; returns how many. */
int64_t polyclinic_drain(uint32_t *bins, int64_t size, uint32_t *places, uint32_t *counts) {
    int64_t found = 0;
    for (int64_t begin = 0; begin < size; begin += 64) {
        int64_t end = begin + 64 < size ? begin + 64 : size;
        uint32_t any = 0;
        for (int64_t i = begin; i < end; i++) any |= bins[i];
        if (!any) continue;
        for (int64_t i = begin; i < end; i++) {
            if (!bins[i]) continue;
            places[found] = (uint32_t)i;
            counts[found++] = bins[i];
            bins[i] = 0;
        }
    }
    return found;
}
