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

#include "training.h"

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

int64_t polyclinic_tagger_sizes(int which) {
    return which == 0 ? (int64_t)sizeof(Tagger) : which == 1 ? (int64_t)sizeof(Token) : which == 2 ? (int64_t)sizeof(Entry)
         : which == 3 ? (int64_t)sizeof(Found) : which == 4 ? (int64_t)sizeof(Lesson)
         : which == 5 ? (int64_t)sizeof(Row) : which == 6 ? WIDTH : which == 7 ? CLASSES : which == 8 ? KINDS
         : which == 9 ? (int64_t)sizeof(Again) : MOST_FEATURES;
}

static inline uint64_t step(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * STEP;
    return hash ^ (hash >> 32);
}

static inline int class_of(const Tagger *t, uint32_t c) { return c < 65536 ? t->classes[c] : 0; }
static inline uint32_t small(const Tagger *t, uint32_t c) { return c < 65536 ? t->lower[c] : c; }
static inline int is_joint(uint32_t c) {
    return c == '\'' || c == 0x2018 || c == 0x2019 || c == '`' || c == '-' || c == 0x2010 || c == 0x2011;
}

static uint64_t hash_of(const Tagger *t, const uint32_t *text, int64_t start, int64_t end) {
    uint64_t hash = (uint64_t)(end - start);
    for (int64_t i = start; i < end; i++) hash = step(hash, small(t, text[i]));
    return hash ? hash : 1;
}

static const Entry *find_entry(const Tagger *t, uint64_t hash) {
    for (int64_t at = (int64_t)(hash >> 20) & t->entry_mask;; at = (at + 1) & t->entry_mask) {
        const Entry *entry = t->entries + at;
        if (!entry->hash) return NULL;
        if (entry->hash == hash) return entry;
    }
}

/* Fills a table of entries, which is all zero and larger than `count`. */
void polyclinic_tagger_fill_entries(Entry *table, int64_t mask, const Entry *given, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        int64_t at = (int64_t)(given[i].hash >> 20) & mask;
        while (table[at].hash && table[at].hash != given[i].hash) at = (at + 1) & mask;
        table[at] = given[i];
    }
}

/* Fills a table of rows, which is all zero and larger than `count`, with keys and WIDTH weights each. */
void polyclinic_tagger_fill_rows(Row *table, int64_t mask, const uint32_t *keys, const int8_t *weights, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        int64_t at = keys[i] & mask;
        while (table[at].key) at = (at + 1) & mask;
        table[at].key = keys[i];
        for (int j = 0; j < WIDTH; j++) table[at].weights[j] = (uint8_t)(weights[i * WIDTH + j] + ZERO);
    }
}

/* Hashes of words, whose letters stand one after the other. */
void polyclinic_tagger_hashes(const Tagger *t, const uint32_t *letters, const int64_t *ends, int64_t count,
                              uint64_t *hashes) {
    int64_t start = 0;
    for (int64_t i = 0; i < count; start = ends[i++]) hashes[i] = hash_of(t, letters, start, ends[i]);
}

/* The place of bits among all that there are, or -1. */
static int32_t place_of(const Tagger *t, uint32_t bits) {
    int64_t low = 0, high = t->bits_count;
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (t->bits[middle] < bits) low = middle + 1;
        else high = middle;
    }
    return low < t->bits_count && t->bits[low] == bits ? (int32_t)low : -1;
}

/* Bits of a word of no list: of one with hyphens a name when all parts are, ordinary when one part is. */
static uint32_t bits_of_parts(const Tagger *t, const uint32_t *text, int64_t start, int64_t end) {
    uint32_t all = t->name, some = 0;
    int64_t from = start;
    int names = 1;
    for (int64_t i = start; i <= end; i++) {
        if (i < end && small(t, text[i]) != '-') continue;
        if (i == end && from == start) return UNKNOWN;
        const Entry *part = find_entry(t, hash_of(t, text, from, i));
        const uint32_t bits = part && (part->kinds & LISTED) ? t->bits[part->bits] : 0;
        names &= (bits & t->name) != 0;
        all &= bits;
        some |= bits;
        from = i + 1;
    }
    return IN_PARTS | (names ? (all ? all : t->family) : some & t->common);
}

/* What is known of a word by itself. */
static void describe(const Tagger *t, const uint32_t *text, Token *token) {
    const int64_t start = token->start;
    int64_t end = token->end;
    uint64_t hash = hash_of(t, text, start, end);
    const Entry *entry = find_entry(t, hash);
    int listed = entry && (entry->kinds & LISTED);
    if (!listed && end - start > 2 && small(t, text[end - 1]) == 's' && small(t, text[end - 2]) == '\'') {
        end -= 2;
        hash = hash_of(t, text, start, end);
        entry = find_entry(t, hash);
        listed = entry && (entry->kinds & LISTED);
    }
    token->bits = listed ? t->bits[entry->bits] : bits_of_parts(t, text, start, end);
    token->bits_place = listed ? entry->bits : place_of(t, token->bits);
    token->hash = hash;
    token->letters_end = (int32_t)end;
    if (entry) {
        token->identity = entry->identity;
        token->frequency = entry->frequency;
        token->large = (entry->kinds & WRITTEN_LARGE) != 0;
        token->given = entry->kinds >> 2 & 3;
        token->number = (entry->kinds & SPOKEN) != 0;
    }
    token->length = (uint8_t)(end - start < 10 ? end - start : 10);
    const int upper = token->upper, lower = token->lower;
    const int first = (class_of(t, text[start]) & UPPER) != 0;
    token->small = lower && !upper;
    token->shape = token->end - start == 1 ? (first ? 10 : 11)
                 : upper && !lower ? (token->end - start < 4 ? 12 : 13)
                 : lower && !upper ? 14 : first ? (upper == 1 ? 15 : 16) : 17;
}

/* Of what size a number is: `_value_of` of features.py. */
static uint8_t value_of(const uint32_t *text, int64_t start, int64_t end) {
    const int64_t size = end - start;
    int64_t number = 0;
    for (int64_t i = start; i < end; i++) {
        if (text[i] > 127) return 0;
        if (i < start + 4) number = 10 * number + text[i] - '0';
    }
    if (size > 1 && text[start] == '0') return size == 2 ? 1 : 2;
    if (size > 4) return (uint8_t)((size < 9 ? size : 9) + 5);
    if (size == 4) return number >= 1900 && number < 2100 ? 9 : 15;
    return number <= 12 ? 3 : number <= 31 ? 4 : number <= 59 ? 5 : number <= 89 ? 6 : number <= 120 ? 7 : 8;
}

/* How a stretch of text is written: 0 no letters, 1 hardly a capital, 2 few, 3 as usual, 4 capitals. */
static int case_of(int64_t upper, int64_t lower) {
    const int64_t all = upper + lower;
    return !all ? 0 : upper * 200 < all ? 1 : upper * 50 < all ? 2 : upper * 2 < all ? 3 : 4;
}

/* Where each token stands in its line, from `begin` to before `end`; a newline is the last of its line. */
static void describe_line(const uint32_t *text, Token *tokens, int64_t begin, int64_t end) {
    int64_t upper = 0, lower = 0;
    const int64_t length = end - begin - (tokens[end - 1].shape == NEWLINE);
    for (int64_t k = begin; k < begin + length; k++) {
        upper += tokens[k].upper;
        lower += tokens[k].lower;
    }
    const uint8_t written = (uint8_t)case_of(upper, lower);
    uint16_t label = 0;
    uint8_t since = 0;
    for (int64_t k = begin; k < end; k++) {
        Token *token = tokens + k;
        token->place = (uint8_t)(k - begin < 6 ? k - begin : 6);
        token->line_length = (uint8_t)(length / 4 < 6 ? length / 4 : 6);
        token->line_case = written;
        token->line_head = tokens[begin].identity;
        token->label = label;
        token->since = since;
        since = (uint8_t)(since < 4 ? since + 1 : 4);
        if (k > begin && token->end - token->start == 1 && text[token->start] == ':') {
            label = tokens[k - 1].identity ? tokens[k - 1].identity : 2;
            since = 0;
        }
    }
}

/* Reads the tokens of a text; returns how many there are, which may be more than there is `room` for. `seen` is room
 * for a table of `seen_mask` + 1 hashes, more than the tokens. */
int64_t polyclinic_tagger_read(const Tagger *t, const uint32_t *text, int64_t size, Token *tokens, int64_t room,
                               uint64_t *seen, int64_t seen_mask, int32_t *written) {
    const int32_t no_word = place_of(t, NO_WORD);
    int64_t count = 0, at = 0, all_upper = 0, all_lower = 0;
    memset(seen, 0, (size_t)(seen_mask + 1) * sizeof(*seen));
    while (at < size) {
        const int class = class_of(t, text[at]);
        if (text[at] != '\n' && (class & SPACE)) {
            at++;
            continue;
        }
        const int64_t start = at++;
        int upper = (class & UPPER) != 0, lower = (class & LOWER) != 0;
        if (class & LETTER) {
            for (; at < size; at++) {
                int here = class_of(t, text[at]);
                if (!(here & LETTER)) {
                    if (at + 1 >= size || !is_joint(text[at])) break;
                    const int next = class_of(t, text[at + 1]);
                    if (!(next & LETTER)) break;
                }
                upper += (here & UPPER) != 0;
                lower += (here & LOWER) != 0;
            }
        } else if (class & DIGIT) {
            while (at < size && (class_of(t, text[at]) & DIGIT)) at++;
        }
        all_upper += upper;
        all_lower += lower;
        if (count < room) {
            Token *token = tokens + count;
            memset(token, 0, sizeof(Token));
            token->start = (int32_t)start;
            token->end = (int32_t)at;
            token->upper = upper;
            token->lower = lower;
            if (class & LETTER) {
                token->word = 1;
                describe(t, text, token);
            } else {
                token->bits = NO_WORD;
                token->bits_place = no_word;
                token->shape = (uint8_t)(class & DIGIT ? (at - start < 6 ? 1 + at - start : 7) : text[start] == '\n' ? NEWLINE : 9);
                const uint32_t c = text[start];
                token->begins = c == '\n' || c == '.' || c == '!' || c == '?' || c == '-' || c == 0x2022 || c == '*' || c == '>';
                if (class & DIGIT) {
                    token->number = 1;
                    token->frequency = FIRST_VALUE + value_of(text, start, at);
                } else {
                    token->hash = hash_of(t, text, start, at);
                    const Entry *entry = find_entry(t, token->hash);
                    token->identity = entry ? entry->identity : 0;
                }
            }
        }
        count++;
    }
    if (count > room) return count;
    *written = case_of(all_upper, all_lower);
    for (int64_t i = 0; i < count; i++)
        if (tokens[i].word && tokens[i].small) {
            int64_t slot = (int64_t)(tokens[i].hash >> 20) & seen_mask;
            while (seen[slot] && seen[slot] != tokens[i].hash) slot = (slot + 1) & seen_mask;
            seen[slot] = tokens[i].hash;
        }
    for (int64_t begin = 0, i = 0; i < count; i++) {
        Token *token = tokens + i;
        if (i) {
            const int64_t gap = token->start - token[-1].end;
            token->gap = (uint8_t)((gap < 3 ? gap : 3) + (token[-1].shape == NEWLINE ? 4 : 0));
        }
        if (token->word && !token->small) {
            int64_t slot = (int64_t)(token->hash >> 20) & seen_mask;
            while (seen[slot] && seen[slot] != token->hash) slot = (slot + 1) & seen_mask;
            token->seen_small = seen[slot] != 0;
        }
        if (token->shape == NEWLINE || i == count - 1) {
            describe_line(text, tokens, begin, i + 1);
            begin = i + 1;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        Token *token = tokens + i;
        const int plain = *written == 1 || token->line_case == 1;
        token->candidate = token->number || (token->word && (!token->small || plain || !(token->bits & t->common) ||
                                                             (token->bits & t->name)));
    }
    return count;
}

static const Token BEFORE_OR_BEHIND = {.bits = OUTSIDE, .bits_place = -1, .identity = PAD_IDENTITY};

/* What the values of a feature range over: its weights stand in a table, by place, when none of them has MANY. */
enum { MANY, IDENTITIES, BITS, FREQUENCIES, SHAPES, GIVENS, FEW, RANGES };
#define FEW_VALUES 16
#define LANES 0x00FF00FF00FF00FFull

typedef struct {
    uint64_t value;
    int64_t place; /* of the value in its range; -1 where its range is MANY, or does not hold it */
} Value;

/* The features of one token: weights of those whose values are few, keys of the others. */
typedef struct {
    const uint8_t *weights[MOST_FEATURES];
    uint32_t keys[MOST_FEATURES];
    int known, unknown;
} Features;

static inline Value in_range(uint64_t value) { return (Value){value, (int64_t)value}; }
static inline Value any(uint64_t value) { return (Value){value, -1}; }
static inline Value bits_of(const Token *x) { return (Value){x->bits, x->bits_place}; }

static const uint8_t *ranges_of(int kind) {
    static const uint8_t by_place[6][3] = {{IDENTITIES}, {BITS}, {FREQUENCIES}, {SHAPES}, {FEW}, {FEW}};
    static const uint8_t others[KINDS - 60][3] = {
        [65 - 60] = {SHAPES, BITS}, [66 - 60] = {SHAPES, FEW}, [67 - 60] = {SHAPES, FEW}, [68 - 60] = {IDENTITIES, FEW},
        [69 - 60] = {FEW}, [70 - 60] = {FEW}, [71 - 60] = {FEW}, [72 - 60] = {FEW}, [73 - 60] = {IDENTITIES},
        [74 - 60] = {BITS, BITS}, [75 - 60] = {BITS, BITS}, [76 - 60] = {BITS, BITS}, [77 - 60] = {FREQUENCIES, SHAPES},
        [83 - 60] = {FEW}, [84 - 60] = {FEW}, [86 - 60] = {FEW, SHAPES, BITS}, [87 - 60] = {FEW, SHAPES, FREQUENCIES},
        [88 - 60] = {GIVENS, FREQUENCIES}, [89 - 60] = {GIVENS, SHAPES, FEW}, [91 - 60] = {GIVENS, BITS},
        [92 - 60] = {GIVENS, BITS}, [93 - 60] = {SHAPES, SHAPES, SHAPES}, [94 - 60] = {FEW, IDENTITIES},
        [95 - 60] = {FEW, FEW, BITS}, [96 - 60] = {FEW, FREQUENCIES, GIVENS}, [104 - 60] = {FEW},
        [105 - 60] = {FEW, BITS}, [106 - 60] = {FEW, SHAPES},
    };
    return kind < 60 ? by_place[kind / 10] : others[kind - 60];
}

static inline uint32_t key_of(uint64_t hash) {
    const uint32_t key = (uint32_t)(hash ^ hash >> 32);
    return key ? key : 1;
}

static inline uint32_t key_of_feature(int kind, int count, const Value *values) {
    uint64_t hash = step(0, (uint64_t)kind);
    for (int k = 0; k < count; k++) hash = step(hash, values[k].value);
    return key_of(hash);
}

static inline void add(const Tagger *t, Features *f, int kind, int count, const Value *values) {
    const uint8_t *table = t->tables[kind];
    if (table) {
        int64_t at = 0, lowest = 0;
        for (int k = 0; k < count; k++) {
            at += values[k].place * t->strides[kind][k];
            lowest |= values[k].place;
        }
        if (lowest >= 0) {
            PREFETCH(table + at);
            f->weights[f->known++] = table + at;
            return;
        }
    }
    f->keys[f->unknown++] = key_of_feature(kind, count, values);
}

static inline int adjoin(const Token *token) {
    return token->end == token[1].start && token->shape != NEWLINE && token[1].shape != NEWLINE;
}

static inline int is_one_of(uint32_t c, const char *signs) { return c && c < 128 && strchr(signs, (int)c) != NULL; }

/* A hash of how what stands around a token between spaces is written, and of that itself: `group_of` of features.py. */
static uint32_t group_of(const Tagger *t, const uint32_t *text, const Token *tokens, int64_t count, int64_t i,
                         uint32_t *exact) {
    int64_t first = i, last = i;
    while (first > 0 && first > i - GROUP_TOKENS && adjoin(tokens + first - 1)) first--;
    while (last + 1 < count && last < i + GROUP_TOKENS && adjoin(tokens + last)) last++;
    int64_t start = tokens[first].start, end = tokens[last].end;
    while (start < tokens[i].start && is_one_of(text[start], "([{\"'")) start++;
    while (end > tokens[i].end && is_one_of(text[end - 1], ".,;:)]}\"'!?")) end--;
    if (end > start + GROUP) end = start + GROUP;
    *exact = (uint32_t)hash_of(t, text, start, end);
    uint64_t hash = (uint64_t)(end - start);
    for (int64_t k = start; k < end; k++) {
        const int class = class_of(t, text[k]);
        hash = step(hash, class & DIGIT ? '9' : class & UPPER ? 'A' : class & LETTER ? 'a' : text[k]);
    }
    return (uint32_t)(hash ? hash : 1);
}

/* The identity of the nearest word of the same line before or behind a token. */
static uint16_t nearest(const Token *tokens, int64_t count, int64_t i, int by) {
    for (int64_t k = i + by, steps = 0; steps < NEAREST; k += by, steps++) {
        if (k < 0 || k >= count || tokens[k].shape == NEWLINE) return PAD_IDENTITY;
        if (tokens[k].word) return tokens[k].identity;
    }
    return 0;
}

/* A hash of some letters of a token that is a word. */
static Value part(const Tagger *t, const uint32_t *text, const Token *token, int64_t start, int64_t end) {
    return any(token->word ? (uint32_t)hash_of(t, text, start, end) : 0);
}

static inline int is_digits(const Token *x) { return x->shape >= 2 && x->shape < NEWLINE; }

#define ONE(kind, a) add(t, f, kind, 1, (const Value[]){a})
#define TWO(kind, a, b) add(t, f, kind, 2, (const Value[]){a, b})
#define THREE(kind, a, b, c) add(t, f, kind, 3, (const Value[]){a, b, c})

/* Finds the features of a token; `features.py` names them. */
static void features_of(const Tagger *t, const uint32_t *text, const Token *tokens, int64_t count, int64_t i, int written,
                        Features *f) {
    const Token *around[9];
    for (int p = -4; p <= 4; p++) around[p + 4] = i + p >= 0 && i + p < count ? tokens + i + p : &BEFORE_OR_BEHIND;
    const Token *w = around[4], *a = around[3], *b = around[2], *c = around[5], *d = around[6];
    const Value shape = in_range(w->shape), frequency = in_range(w->frequency), given = in_range(w->given);
    const Value all = in_range((uint64_t)written), line = in_range(w->line_case);
    f->known = f->unknown = 0;
    f->keys[f->unknown++] = key_of(step(0, 90));
    for (int p = 0; p < 9; p++) {
        const Token *x = around[p];
        ONE(p, in_range(x->identity));
        if (p == 0 || p == 8) continue;
        ONE(10 + p, bits_of(x));
        ONE(20 + p, in_range(x->frequency));
        ONE(30 + p, in_range(x->shape));
        if (p > 1 && p < 7 && x->large) f->keys[f->unknown++] = key_of(step(0, (uint64_t)(40 + p)));
        if (p > 2 && p < 7) ONE(50 + p, in_range(x->gap));
    }
    const Value begins = in_range(a->bits == OUTSIDE || a->begins);
    TWO(60, any(a->identity), any(b->identity));
    TWO(61, any(c->identity), any(d->identity));
    TWO(62, any(a->identity), any(c->identity));
    TWO(63, any(w->bits), any(a->identity));
    TWO(64, any(w->bits), any(c->identity));
    TWO(65, shape, bits_of(w));
    TWO(66, shape, all);
    TWO(67, shape, line);
    TWO(68, in_range(w->label), in_range(w->since));
    ONE(69, in_range(w->place));
    ONE(70, in_range(w->line_length));
    ONE(71, all);
    ONE(72, line);
    ONE(73, in_range(w->line_head));
    TWO(74, bits_of(w), bits_of(c));
    TWO(75, bits_of(w), bits_of(a));
    TWO(76, bits_of(a), bits_of(c));
    TWO(77, frequency, shape);
    THREE(78, any(around[1]->identity), any(b->identity), any(a->identity));
    THREE(79, any(c->identity), any(d->identity), any(around[7]->identity));
    const int64_t start = w->start, end = w->letters_end, length = end - start;
    ONE(80, part(t, text, w, length < 2 ? start : end - 2, end));
    ONE(81, part(t, text, w, length < 3 ? start : end - 3, end));
    ONE(82, part(t, text, w, start, length < 2 ? end : start + 2));
    ONE(83, in_range(w->length));
    ONE(84, in_range(w->seen_small));
    ONE(85, part(t, text, w, length < 4 ? start : end - 4, end));
    THREE(86, begins, shape, bits_of(w));
    THREE(87, begins, shape, frequency);
    TWO(88, given, frequency);
    THREE(89, given, shape, all);
    TWO(91, in_range(c->given), bits_of(c));
    TWO(92, in_range(a->given), bits_of(a));
    THREE(93, in_range(a->shape), shape, in_range(c->shape));
    TWO(94, begins, in_range(c->identity));
    THREE(95, all, line, bits_of(w));
    THREE(96, all, frequency, given);
    const Value before = any(nearest(tokens, count, i, -1)), behind = any(nearest(tokens, count, i, 1));
    TWO(97, any(w->shape), before);
    TWO(98, any(w->shape), behind);
    TWO(99, before, behind);
    if (is_digits(b) || is_digits(a) || is_digits(w) || is_digits(c) || is_digits(d)) {
        uint32_t exact;
        const Value group = any(group_of(t, text, tokens, count, i, &exact));
        ONE(100, group);
        TWO(101, group, before);
        TWO(102, group, behind);
        ONE(103, any(exact));
    }
    if (w->evidence) {
        const Value evidence = in_range(w->evidence);
        ONE(104, evidence);
        TWO(105, evidence, bits_of(w));
        TWO(106, evidence, shape);
        TWO(107, evidence, any(a->identity));
        TWO(108, evidence, any(c->identity));
    }
}

/* The features of all candidates, or of those with evidence, one after the other, and where those of each end, by tables
 * without weights; returns how many candidates. */
int64_t polyclinic_tagger_features(const Tagger *t, const uint32_t *text, const Token *tokens, int64_t count, int written,
                                   int with_evidence, int64_t *starts, int64_t *stops, int64_t *ends, uint32_t *keys) {
    int64_t found = 0, n = 0;
    Features features;
    for (int64_t i = 0; i < count; i++) {
        if (!tokens[i].candidate || (with_evidence && !tokens[i].evidence)) continue;
        features_of(t, text, tokens, count, i, written, &features);
        memcpy(keys + n, features.keys, (size_t)features.unknown * sizeof(*keys));
        n += features.unknown;
        starts[found] = tokens[i].start;
        stops[found] = tokens[i].end;
        ends[found++] = n;
    }
    return found;
}

static const uint8_t *weights_of(const Tagger *t, uint32_t key) {
    int64_t at = key & t->row_mask;
    while (t->rows[at].key != key && t->rows[at].key) at = (at + 1) & t->row_mask;
    return t->rows[at].key ? t->rows[at].weights : NULL;
}

/* Copies the weights of features whose values are few into tables; returns how many numbers these have. Without
 * `memory` it only counts them. */
int64_t polyclinic_tagger_fill_tables(Tagger *t, uint8_t *memory) {
    const int64_t sizes[RANGES] = {0, t->identities, t->bits_count, t->frequencies, LAST_SHAPE + 1, t->givens, FEW_VALUES};
    int64_t total = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        const uint8_t *ranges = ranges_of(kind);
        int64_t size[3] = {1, 1, 1};
        int count = 0;
        while (count < 3 && ranges[count] != MANY) {
            size[count] = sizes[ranges[count]];
            count++;
        }
        if (!count) continue;
        const int64_t places = size[0] * size[1] * size[2];
        if (memory) {
            t->tables[kind] = memory + total;
            t->strides[kind][0] = size[1] * size[2] * WIDTH;
            t->strides[kind][1] = size[2] * WIDTH;
            t->strides[kind][2] = WIDTH;
            for (int64_t place = 0; place < places; place++) {
                Value values[3] = {in_range((uint64_t)(place / (size[1] * size[2]))),
                                   in_range((uint64_t)(place / size[2] % size[1])), in_range((uint64_t)(place % size[2]))};
                for (int k = 0; k < count; k++)
                    if (ranges[k] == BITS) values[k].value = t->bits[values[k].place];
                const uint8_t *weights = weights_of(t, key_of_feature(kind, count, values));
                if (weights) memcpy(memory + total + place * WIDTH, weights, WIDTH);
                else memset(memory + total + place * WIDTH, ZERO, WIDTH);
            }
        }
        total += places * WIDTH;
    }
    return total;
}

/* ---- Shares ---- */

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
    for (int c = 0; c < CLASSES; c++) {
        scores[c] = t->output_bias[c];
        for (int j = 0; j < WIDTH; j++) scores[c] += (int64_t)t->output[c * WIDTH + j] * hidden[j];
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
    int64_t kept = 0, waiting = -1;
    for (int64_t i = 0; i <= count; i++) { /* weights are on their way from memory while those before are summed */
        if (i < count) {
            if (!tokens[i].candidate || (with_evidence && !tokens[i].evidence)) continue;
            Features *f = features + now;
            features_of(t, text, tokens, count, i, written, f);
            for (int k = 0; k < f->unknown; k++) PREFETCH(t->rows + (f->keys[k] & t->row_mask));
        }
        const int64_t one = waiting;
        waiting = i;
        now = !now;
        if (one < 0 || !shares_by(t, features + now, found[kept].shares)) continue;
        int64_t before = one - 1;
        while (before >= 0 && !tokens[before].word) before--;
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
