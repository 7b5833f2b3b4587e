/* The kernel of texts: bytes to hashes of words, hashes to signatures, and how much two sorted sets share.
 *
 * It knows numbers, not files, languages or threads. Without it the numpy code in `word_hashes.hashes`,
 * `near_duplicates.signatures` and `near_duplicates.jaccard` gives the same numbers. Written in C99; with GCC on x86-64
 * the loops are compiled for three instruction sets, of which the caller chooses one.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernel is for little-endian machines; the numpy path runs everywhere"
#endif

#define FACTOR 0x9E3779B97F4A7C15ull
#define BLOCK 256 /* runs whose products are taken together */

int polyclinic_text_version(void) { return 1; }

static inline uint64_t mixed(uint64_t x) {
    x ^= x >> 33;
    x *= 0xFF51AFD7ED558CCDull;
    x ^= x >> 33;
    x *= 0xC4CEB9FE1A85EC53ull;
    x ^= x >> 33;
    return x;
}

/* Writes the hash of each word, and where each text ends among them; returns how many words there are. */
int64_t polyclinic_words(const uint8_t *text, const int64_t *ends, int64_t texts, const uint64_t *numbers,
                         uint64_t *out, int64_t *out_ends) {
    int64_t at = 0, count = 0;
    for (int64_t i = 0; i < texts; i++) {
        const int64_t end = ends[i];
        while (at < end) {
            uint64_t number = numbers[text[at]];
            if (!number) {
                at++;
                continue;
            }
            uint64_t hash = 0;
            do {
                hash = hash * FACTOR + number;
                number = ++at < end ? numbers[text[at]] : 0;
            } while (number);
            hash = mixed(hash);
            out[count++] = hash ? hash : 1;
        }
        out_ends[i] = count;
    }
    return count;
}

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
#else
#define VARIANTS 1
#endif

/* The widest instruction set this machine has: 0 the compiler's own, 1 AVX2, 2 AVX-512. */
int polyclinic_text_level(void) {
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

static void minima(const uint64_t *runs, int64_t size, const uint64_t *multipliers, int64_t count, uint64_t *out,
                   int level) {
#if VARIANTS == 3
    if (level >= 2) {
        minima_avx512(runs, size, multipliers, count, out);
        return;
    }
    if (level == 1) {
        minima_avx2(runs, size, multipliers, count, out);
        return;
    }
#endif
    (void)level;
    minima_plain(runs, size, multipliers, count, out);
}

/* For each text and multiplier the smallest product, modulo 2**64, with the mixed hash of a run of `length` words;
 * a text of fewer words is one run. All bits are set where there is no word. */
void polyclinic_signatures(const uint64_t *words, const int64_t *ends, int64_t texts, int64_t length,
                           const uint64_t *multipliers, int64_t count, uint64_t *out, int level) {
    uint64_t runs[BLOCK];
    int64_t start = 0;
    for (int64_t i = 0; i < texts; i++) {
        uint64_t *own = out + i * count;
        for (int64_t k = 0; k < count; k++) own[k] = UINT64_MAX;
        const int64_t end = ends[i], size = end - start;
        const int64_t run = size < length ? size : length;
        if (size > 0) {
            uint64_t power = 1, hash = 0;
            for (int64_t k = 0; k < run; k++) {
                hash = hash * FACTOR + words[start + k];
                if (k) power *= FACTOR;
            }
            int64_t filled = 0;
            for (int64_t at = start;; at++) {
                runs[filled++] = mixed(hash);
                const int last = at + run >= end;
                if (last || filled == BLOCK) {
                    minima(runs, filled, multipliers, count, own, level);
                    filled = 0;
                }
                if (last) break;
                hash = (hash - words[at] * power) * FACTOR + words[at + run];
            }
        }
        start = end;
    }
}

/* How many numbers two sorted sets share, for each pair of sets. */
void polyclinic_common(const uint64_t *numbers, const int64_t *starts, const int64_t *pairs, int64_t count,
                       int64_t *out) {
    for (int64_t i = 0; i < count; i++) {
        int64_t a = starts[pairs[2 * i]], b = starts[pairs[2 * i + 1]];
        const int64_t a_end = starts[pairs[2 * i] + 1], b_end = starts[pairs[2 * i + 1] + 1];
        int64_t shared = 0;
        while (a < a_end && b < b_end) {
            const uint64_t one = numbers[a], other = numbers[b];
            shared += one == other;
            a += one <= other;
            b += other <= one;
        }
        out[i] = shared;
    }
}
