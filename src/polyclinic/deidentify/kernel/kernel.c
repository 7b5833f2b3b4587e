/* The kernel of de-identification: a text in, the places out at which the rules have to look.
 *
 * It knows characters and tables of words, no rule: what a candidate is worth Python decides. Without it `tokens.py`
 * gives the same places, more slowly. Written in C99; a text comes in units of one byte (ASCII) or of two.
 */

#include "kernel.h"

#include <stddef.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernel is for little-endian machines; the Python path runs everywhere"
#endif

#define LONGEST 64 /* letters of a word of the lists */
#define BLOCK 64   /* words that are looked up together */
#define HASH_START 0xCBF29CE484222325ull

/* Which of the structures of kernel.h this was built with. */
int64_t polyclinic_deidentify_sizes(int which) {
    return which == 0 ? (int64_t)sizeof(Words) : which == 1 ? (int64_t)sizeof(Vocabulary) : which == 2 ? HEAD
         : which == 3 ? LISTS : which == 4 ? LONGEST : which == 5 ? (int64_t)sizeof(Cell)
         : which == 6 ? (int64_t)sizeof(Member) : CELLS;
}

static inline uint64_t hash_step(uint64_t hash, uint32_t unit) { return (hash << 5 | hash >> 59) ^ unit; }

static inline uint64_t hash_end(uint64_t hash) {
    hash *= 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 32;
    hash *= 0xFF51AFD7ED558CCDull;
    return hash ^ hash >> 29;
}

/* Which bits of a sieve's number stand for a hash, and which number that is. */
static inline uint64_t sieve_bits(uint64_t hash) {
    return 1ull << (hash & 63) | 1ull << (hash >> 6 & 63) | 1ull << (hash >> 12 & 63);
}
static inline uint64_t *sieve_at(const Words *words, uint64_t hash) {
    return words->sieve + ((int64_t)(hash >> 20) & words->sieve_mask);
}

#if defined(__GNUC__)
#define FETCH(place) __builtin_prefetch(place)
#else
#define FETCH(place) ((void)0)
#endif

static inline int is_upper(uint32_t c) { return c >= 'A' && c <= 'Z'; }
static inline int is_lower(uint32_t c) { return c >= 'a' && c <= 'z'; }
static inline int is_digit(uint32_t c) { return c >= '0' && c <= '9'; }
static inline int begins_month(uint32_t c) {
    return c == 'J' || c == 'F' || c == 'M' || c == 'A' || c == 'S' || c == 'O' || c == 'N' || c == 'D';
}
static inline int is_hex(uint32_t c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline int is_word(const Vocabulary *v, uint32_t c) { return (v->classes[c] & ALNUM) || c == '_'; }
static inline int is_joint(uint32_t c, int backtick) {
    return c == '\'' || c == 0x2019 || c == '-' || (backtick && (c == '`' || c == 0x2010 || c == 0x2011));
}
static inline int is_one_of(uint32_t c, const char *signs) {
    while (*signs && c != (uint32_t)*signs) signs++;
    return *signs != 0;
}
static inline uint16_t plain_sign(uint16_t c) { return c == 0x2019 ? '\'' : c == 0x2010 || c == 0x2011 ? '-' : c; }

/* 've 're 'll 'm n't 'd, of the last three units */
static inline int is_contracted(const uint32_t *tail) {
    const int two = tail[1] == '\'' || tail[1] == 0x2019, three = tail[0] == '\'' || tail[0] == 0x2019;
    return (two && (tail[2] == 'm' || tail[2] == 'd' || (tail[2] == 't' && tail[0] == 'n'))) ||
           (three && ((tail[1] == 'v' && tail[2] == 'e') || (tail[1] == 'r' && tail[2] == 'e') ||
                      (tail[1] == 'l' && tail[2] == 'l')));
}

/* Whether a table may have a word with such a hash. */
static inline int may_have(const Words *words, uint64_t hash) {
    const uint64_t bits = sieve_bits(hash);
    return (*sieve_at(words, hash) & bits) == bits;
}

/* A word of a table, or NULL. */
static inline const Word *find_hashed(const Words *words, const uint16_t *word, int length, uint64_t hash) {
    const uint32_t tag = (uint32_t)hash;
    for (int64_t at = (int64_t)(hash >> 32) & words->mask;; at = (at + 1) & words->mask) {
        const Word *slot = words->slots + at;
        if (!slot->place) return NULL;
        if (slot->tag != tag || (slot->place & 255) != (uint32_t)length) continue;
        const uint16_t *letters = words->letters + (slot->place >> 8);
        int i = 0;
        while (i < length && letters[i] == word[i]) i++;
        if (i == length) return slot;
    }
}

static inline const Word *find_word(const Words *words, const uint16_t *word, int length) {
    uint64_t hash = HASH_START;
    for (int i = 0; i < length; i++) hash = hash_step(hash, word[i]);
    return find_hashed(words, word, length, hash_end(hash));
}

/* A word that the lexicon has, or NULL. */
static inline const Word *listed(const Vocabulary *v, const uint16_t *word, int length) {
    const Word *found = find_word(&v->lexicon, word, length);
    return found && (found->sets & v->listed) ? found : NULL;
}

/* Fills the slots of a table, which are all zero and more than its words; `ends` says where each ends in `letters`. */
void polyclinic_deidentify_fill(Words *words, const uint32_t *ends, const uint32_t *bits, const uint32_t *sets,
                                int64_t count) {
    uint32_t begin = 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t hash = HASH_START;
        for (uint32_t k = begin; k < ends[i]; k++) hash = hash_step(hash, words->letters[k]);
        hash = hash_end(hash);
        const uint32_t tag = (uint32_t)hash;
        int64_t at = (int64_t)(hash >> 32) & words->mask;
        while (words->slots[at].place) at = (at + 1) & words->mask;
        words->slots[at] = (Word){tag, begin << 8 | (ends[i] - begin), bits[i], sets[i]};
        *sieve_at(words, hash) |= sieve_bits(hash);
        begin = ends[i];
    }
}

/* Moves the lists together, so that the next begins where one ends. */
static void together(int32_t *out, int32_t *const *lists) {
    static const int counts[SETS] = {TOKENS, TOKENS, TOKENS, PLACE_COUNT, MONTH_COUNT, STREET_COUNT,
                                     WORD_COUNT, HIT_COUNT, HIT_COUNT, RUN_COUNT, RUN_COUNT, RUN_COUNT};
    int32_t *place = out + HEAD;
    for (int i = 0; i < SETS; i++) {
        memmove(place, lists[i], (size_t)out[counts[i]] * sizeof(int32_t));
        place += out[counts[i]];
    }
    out[ALL] = (int32_t)(place - out);
}

#define UNIT uint8_t
#define NAME(x) x##_of_bytes
#include "scan.h"
#undef NAME
#undef UNIT
#define UNIT uint16_t
#define NAME(x) x##_of_pairs
#include "scan.h"
#undef NAME
#undef UNIT

/* Fills `out`, HEAD numbers and LISTS lists of at most `room` each, with what a text of `size` units holds. Returns the
 * length of the longest list; where that is more than `room`, the lists are of no use and more room is needed.
 * A text of units of two bytes (`wide`) is then in lower case. */
int64_t polyclinic_deidentify_scan(const Vocabulary *vocabulary, void *text, int64_t size, int wide, int32_t *out,
                                   int64_t room) {
    uint16_t *units = text;
    if (!wide) return scan_of_bytes(vocabulary, (const uint8_t *)text, size, 1, out, room);
    const int64_t longest = scan_of_pairs(vocabulary, units, size, 0, out, room);
    for (int64_t i = 0; i < size && longest <= room; i++) units[i] = vocabulary->lower[units[i]];
    return longest;
}
