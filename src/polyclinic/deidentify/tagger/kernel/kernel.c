/* The tagger's kernel: a text in, its tokens and what the weights say of those that may be names out.
 *
 * `features.py` says what the features are and finds the same in Python; sums are of whole numbers, so both give the
 * same to the last bit. Written in C99; a text comes in units of four bytes.
 */

#include "kernel.h"

#include <math.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernel is for little-endian machines; the Python path runs everywhere"
#endif

#if defined(__GNUC__)
#define PREFETCH(place) __builtin_prefetch(place)
#else
#define PREFETCH(place) ((void)0)
#endif
#define STEP 0xFF51AFD7ED558CCDull
#define PAD_IDENTITY 1
#define FIRST_VALUE 30 /* of numbers, where words have their frequency */
#define GROUP 24        /* characters of a group, */
#define GROUP_TOKENS 8  /* and tokens before and behind one, that are looked at */
#define NEAREST 6       /* tokens to the nearest word */
#define IN_PARTS (1u << 20)
#define UNKNOWN (1u << 21)
#define NO_WORD (1u << 22)
#define OUTSIDE (1u << 23)

#include "training.h"
#include "tokens.h"
#include "features.h"

int64_t polyclinic_tagger_sizes(int which) {
    return which == 0 ? (int64_t)sizeof(Tagger) : which == 1 ? (int64_t)sizeof(Token) : which == 2 ? (int64_t)sizeof(Entry)
         : which == 3 ? (int64_t)sizeof(Found) : which == 4 ? (int64_t)sizeof(Lesson)
         : which == 5 ? (int64_t)sizeof(Row) : which == 6 ? WIDTH : which == 7 ? CLASSES : which == 8 ? KINDS
         : which == 9 ? (int64_t)sizeof(Again) : MOST_FEATURES;
}

/* The shares of the classes for a token with these features; returns whether one but the first may have `least`. */
static int shares_by(const Tagger *t, Features *f, double *shares) {
    for (int k = 0; k < f->unknown; k++) {
        const uint8_t *weights = weights_of(t, f->keys[k]);
        if (weights) f->weights[f->known++] = weights;
    }
    /* Bytes are added up in lanes of two bytes, four to a word: even ones and odd ones. No lane runs over. */
    uint64_t even[WIDTH / 8] = {0}, odd[WIDTH / 8] = {0};
    for (int k = 0; k < f->known; k++)
        for (int j = 0; j < WIDTH / 8; j++) {
            uint64_t eight;
            memcpy(&eight, f->weights[k] + 8 * j, 8);
            even[j] += eight & LANES;
            odd[j] += (eight >> 8) & LANES;
        }
    int32_t hidden[WIDTH];
    for (int j = 0; j < WIDTH; j++) {
        const uint64_t lanes = j % 2 ? odd[j / 8] : even[j / 8];
        const int32_t sum = (int32_t)(lanes >> 16 * (j % 8 / 2) & 0xFFFF) - ZERO * f->known + t->bias[j];
        hidden[j] = sum > 0 ? sum : 0;
    }
    int64_t scores[CLASSES], most = INT64_MIN, most_other = INT64_MIN;
    for (int c = 0; c < CLASSES; c++) scores[c] = t->output_bias[c];
    for (int j = 0; j < WIDTH; j++) {
        if (!hidden[j]) continue;
        for (int c = 0; c < CLASSES; c++) scores[c] += (int64_t)t->output[c * WIDTH + j] * hidden[j];
    }
    for (int c = 0; c < CLASSES; c++) {
        if (scores[c] > most) most = scores[c];
        if (c && scores[c] > most_other) most_other = scores[c];
    }
    /* A share is at most its part of the first class's: most words end here. */
    if ((double)(most_other - scores[0]) * t->scale < t->lowest) return 0;
    double all = 0, largest = 0;
    for (int c = 0; c < CLASSES; c++) {
        shares[c] = exp((double)(scores[c] - most) * t->scale);
        all += shares[c];
    }
    for (int c = 0; c < CLASSES; c++) {
        shares[c] /= all;
        if (c && shares[c] > largest) largest = shares[c];
    }
    return largest >= t->least;
}

/* What the weights say of candidates, of all or of those with evidence; returns how many it kept, of which some class
 * has at least `least`. */
static int64_t judge(const Tagger *t, const uint32_t *text, const Token *tokens, int64_t count, int written,
                     int with_evidence, Found *found) {
    Features features[2];
    int now = 0;
    int64_t kept = 0, waiting = -1, before = -1, passed = 0; /* the last word before the token, and how far it was sought */
    for (int64_t i = 0; i <= count; i++) { /* weights are on their way from memory while those before are summed */
        if (i < count) {
            if (!tokens[i].candidate || (with_evidence && !tokens[i].evidence)) continue;
            Features *f = features + now;
            features_of(t, text, tokens, count, i, written, f);
            for (int k = 0; k < f->unknown; k++) {
                const char *row = (const char *)(t->rows + (f->keys[k] & t->row_mask));
                PREFETCH(row);
                PREFETCH(row + sizeof(Row) - 1); /* many lie on two lines */
            }
        }
        const int64_t one = waiting;
        waiting = i;
        now = !now;
        if (one < 0 || !shares_by(t, features + now, found[kept].shares)) continue;
        for (; passed < one; passed++)
            if (tokens[passed].word) before = passed;
        found[kept].hash = tokens[one].hash;
        found[kept].start = tokens[one].start;
        found[kept].end = tokens[one].end;
        found[kept].token = (int32_t)one;
        found[kept].bits = tokens[one].bits;
        found[kept].bits_before = before < 0 ? 0 : tokens[before].bits;
        found[kept].shape = tokens[one].shape;
        kept++;
    }
    return kept;
}

static inline int may_recur(const Token *token) { return token->candidate && token->word && token->length > 1; }

static Again *again_of(Again *table, int64_t mask, uint64_t hash) {
    int64_t slot = (int64_t)(hash >> 20) & mask;
    while (table[slot].hash && table[slot].hash != hash) slot = (slot + 1) & mask;
    return table + slot;
}

/* Says of each candidate that recurs how sure the others of the same letters are to be names, where some is more than
 * hardly one: 1 to 5. `names` has the share of each token; `table` is room for `mask` + 1, more than the tokens. */
void polyclinic_tagger_look_again(Token *tokens, int64_t count, const double *names, Again *table, int64_t mask) {
    int64_t several = 0;
    for (int64_t i = 0; i < count; i++) several += may_recur(tokens + i);
    mask = mask_for(several, mask);
    memset(table, 0, (size_t)(mask + 1) * sizeof(*table));
    for (int64_t i = 0; i < count; i++) {
        tokens[i].evidence = 0;
        if (!may_recur(tokens + i)) continue;
        Again *again = again_of(table, mask, tokens[i].hash);
        if (!again->hash) {
            *again = (Again){tokens[i].hash, names[i], -1, i};
        } else if (names[i] > again->best) {
            again->second = again->best;
            again->best = names[i];
            again->at = i;
        } else if (names[i] > again->second) {
            again->second = names[i];
        }
    }
    for (int64_t i = 0; i < count; i++) {
        if (!may_recur(tokens + i)) continue;
        const Again *again = again_of(table, mask, tokens[i].hash);
        if (again->second < 0 || again->best < 0.05) continue;
        const double share = again->at == i ? again->second : again->best;
        tokens[i].evidence = share < 0.05 ? 1 : share < 0.25 ? 2 : share < 0.6 ? 3 : share < 0.9 ? 4 : 5;
    }
}

/* Reads a text and judges its candidates, those that recur twice: then with what was said of the others. Returns how
 * many tokens there are; where that is more than `room`, nothing was judged. `kept` says how many were found; `found`
 * has three times that room, `names` and `again` for those that `look_again` wants. */
int64_t polyclinic_tagger_find(const Tagger *t, const uint32_t *text, int64_t size, Token *tokens, int64_t room,
                               uint64_t *seen, int64_t mask, double *names, Again *again, Found *found, int64_t *kept) {
    int32_t written = 0;
    const int64_t count = polyclinic_tagger_read(t, text, size, tokens, room, seen, mask, &written);
    *kept = 0;
    if (count > room) return count;
    Found *first = found + room, *firsts_end = first + judge(t, text, tokens, count, written, 0, first);
    for (int64_t i = 0; i < count; i++) names[i] = 0;
    for (const Found *one = first; one < firsts_end; one++) names[one->token] = one->shares[1];
    polyclinic_tagger_look_again(tokens, count, names, again, mask);
    Found *other = firsts_end, *others_end = other + judge(t, text, tokens, count, written, 1, other);
    while (first < firsts_end || other < others_end) { /* what is said with evidence stands for what was said without */
        if (first < firsts_end && tokens[first->token].evidence) first++;
        else if (first == firsts_end || (other < others_end && other->token < first->token)) found[(*kept)++] = *other++;
        else found[(*kept)++] = *first++;
    }
    return count;
}
