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
#define IN_PARTS (1u << 20)
#define UNKNOWN (1u << 21)
#define NO_WORD (1u << 22)
#define OUTSIDE (1u << 23)

int64_t polyclinic_tagger_sizes(int which) {
    return which == 0 ? (int64_t)sizeof(Tagger) : which == 1 ? (int64_t)sizeof(Token) : which == 2 ? (int64_t)sizeof(Entry)
         : which == 3 ? (int64_t)sizeof(Found) : which == 4 ? (int64_t)sizeof(Lesson)
         : which == 5 ? (int64_t)sizeof(Row) : which == 6 ? WIDTH : which == 7 ? CLASSES : MOST_FEATURES;
}

static inline uint64_t step(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * STEP;
    return hash ^ (hash >> 32);
}

static inline int class_of(const Tagger *t, uint32_t c) { return c < 65536 ? t->classes[c] : 0; }
static inline uint32_t small(const Tagger *t, uint32_t c) {
    const uint32_t low = c < 65536 ? t->lower[c] : c;
    return low == 0x2019 ? '\'' : low == 0x2010 || low == 0x2011 ? '-' : low;
}
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
        memcpy(table[at].weights, weights + i * WIDTH, WIDTH);
    }
}

/* Hashes of words, whose letters stand one after the other. */
void polyclinic_tagger_hashes(const Tagger *t, const uint32_t *letters, const int64_t *ends, int64_t count,
                              uint64_t *hashes) {
    int64_t start = 0;
    for (int64_t i = 0; i < count; start = ends[i++]) hashes[i] = hash_of(t, letters, start, ends[i]);
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
        const uint32_t bits = part && (part->kinds & LISTED) ? part->bits : 0;
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
    token->bits = listed ? entry->bits : bits_of_parts(t, text, start, end);
    token->hash = hash;
    token->identity = entry ? entry->identity : 0;
    token->frequency = entry ? entry->frequency : 0;
    token->large = entry && (entry->kinds & WRITTEN_LARGE);
    token->given = entry ? entry->kinds >> 2 : 0;
    const int64_t length = end - start;
    token->length = length < 10 ? (int32_t)length : 10;
    token->head = (uint32_t)hash_of(t, text, start, length < 2 ? end : start + 2);
    token->tail2 = (uint32_t)hash_of(t, text, length < 2 ? start : end - 2, end);
    token->tail3 = (uint32_t)hash_of(t, text, length < 3 ? start : end - 3, end);
    token->tail4 = (uint32_t)hash_of(t, text, length < 4 ? start : end - 4, end);
    int upper = 0, lower = 0;
    for (int64_t i = start; i < token->end; i++) {
        const int class = class_of(t, text[i]);
        upper += (class & UPPER) != 0;
        lower += (class & LOWER) != 0;
    }
    const int first = (class_of(t, text[start]) & UPPER) != 0;
    token->small = lower && !upper;
    token->shape = token->end - start == 1 ? (first ? 10 : 11)
                 : upper && !lower ? (token->end - start < 4 ? 12 : 13)
                 : lower && !upper ? 14 : first ? (upper == 1 ? 15 : 16) : 17;
}

/* How a stretch of text is written: 0 no letters, 1 hardly a capital, 2 few, 3 as usual, 4 capitals. */
static int case_of(int64_t upper, int64_t lower) {
    const int64_t all = upper + lower;
    return !all ? 0 : upper * 200 < all ? 1 : upper * 50 < all ? 2 : upper * 2 < all ? 3 : 4;
}

/* Where each token stands in its line, from `begin` to before `end`; a newline is the last of its line. */
static void describe_line(const Tagger *t, const uint32_t *text, Token *tokens, int64_t begin, int64_t end) {
    int64_t upper = 0, lower = 0;
    const int64_t length = end - begin - (tokens[end - 1].shape == NEWLINE);
    if (length)
        for (int64_t i = tokens[begin].start; i < tokens[begin + length - 1].end; i++) {
            const int class = class_of(t, text[i]);
            upper += (class & UPPER) != 0;
            lower += (class & LOWER) != 0;
        }
    const int written = case_of(upper, lower);
    int32_t label = 0, since = 0;
    for (int64_t k = begin; k < end; k++) {
        Token *token = tokens + k;
        token->place = k - begin < 6 ? (int32_t)(k - begin) : 6;
        token->line_length = length / 4 < 6 ? (int32_t)(length / 4) : 6;
        token->line_case = written;
        token->line_head = tokens[begin].identity;
        token->label = label;
        token->since = since < 4 ? since : 4;
        since++;
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
    int64_t count = 0, at = 0, upper = 0, lower = 0;
    memset(seen, 0, (size_t)(seen_mask + 1) * sizeof(*seen));
    while (at < size) {
        const int class = class_of(t, text[at]);
        if (text[at] != '\n' && (class & SPACE)) {
            at++;
            continue;
        }
        const int64_t start = at++;
        if (class & LETTER) {
            for (;;) {
                while (at < size && (class_of(t, text[at]) & LETTER)) at++;
                if (at + 1 < size && is_joint(text[at]) && (class_of(t, text[at + 1]) & LETTER)) at++;
                else break;
            }
        } else if (class & DIGIT) {
            while (at < size && (class_of(t, text[at]) & DIGIT)) at++;
        }
        if (count < room) {
            Token *token = tokens + count;
            memset(token, 0, sizeof(Token));
            token->start = (int32_t)start;
            token->end = (int32_t)at;
            if (class & LETTER) {
                token->word = 1;
                describe(t, text, token);
            } else {
                token->bits = NO_WORD;
                token->shape = class & DIGIT ? (at - start < 6 ? 1 + (int32_t)(at - start) : 7)
                             : text[start] == '\n' ? NEWLINE : 9;
                const uint32_t c = text[start];
                token->begins = c == '\n' || c == '.' || c == '!' || c == '?' || c == '-' || c == 0x2022 || c == '*' || c == '>';
                if (!(class & DIGIT)) {
                    token->hash = hash_of(t, text, start, at);
                    const Entry *entry = find_entry(t, token->hash);
                    token->identity = entry ? entry->identity : 0;
                }
            }
        }
        count++;
    }
    if (count > room) return count;
    for (int64_t i = 0; i < size; i++) {
        const int class = class_of(t, text[i]);
        upper += (class & UPPER) != 0;
        lower += (class & LOWER) != 0;
    }
    *written = case_of(upper, lower);
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
            token->gap = (gap < 3 ? (int32_t)gap : 3) + (token[-1].shape == NEWLINE ? 4 : 0);
        }
        if (token->word && !token->small) {
            int64_t slot = (int64_t)(token->hash >> 20) & seen_mask;
            while (seen[slot] && seen[slot] != token->hash) slot = (slot + 1) & seen_mask;
            token->seen_small = seen[slot] != 0;
        }
        if (token->shape == NEWLINE || i == count - 1) {
            describe_line(t, text, tokens, begin, i + 1);
            begin = i + 1;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        Token *token = tokens + i;
        const int plain = *written == 1 || token->line_case == 1;
        token->candidate = token->word && (!token->small || plain || !(token->bits & t->common) ||
                                           (token->bits & t->name));
    }
    return count;
}

static const Token BEFORE_OR_BEHIND = {.bits = OUTSIDE, .identity = PAD_IDENTITY};

static inline uint32_t key_of(uint64_t hash) {
    const uint32_t key = (uint32_t)(hash ^ hash >> 32);
    return key ? key : 1;
}

#define NONE(kind) keys[n++] = key_of(step(0, kind))
#define ONE(kind, a) keys[n++] = key_of(step(step(0, kind), (uint64_t)(a)))
#define TWO(kind, a, b) keys[n++] = key_of(step(step(step(0, kind), (uint64_t)(a)), (uint64_t)(b)))
#define THREE(kind, a, b, c) keys[n++] = key_of(step(step(step(step(0, kind), (uint64_t)(a)), (uint64_t)(b)), (uint64_t)(c)))

/* The features of a token; `features.py` names them. */
static int features_of(const Token *tokens, int64_t count, int64_t i, int written, uint32_t *keys) {
    const Token *around[9];
    for (int p = -4; p <= 4; p++) around[p + 4] = i + p >= 0 && i + p < count ? tokens + i + p : &BEFORE_OR_BEHIND;
    const Token *w = around[4], *a = around[3], *b = around[2], *c = around[5], *d = around[6];
    int n = 0;
    NONE(90);
    for (int p = 0; p < 9; p++) {
        const Token *x = around[p];
        ONE(p, x->identity);
        if (p == 0 || p == 8) continue;
        ONE(10 + p, x->bits);
        ONE(20 + p, x->frequency);
        ONE(30 + p, x->shape);
        if (p > 1 && p < 7 && x->large) NONE(40 + p);
        if (p > 2 && p < 7) ONE(50 + p, x->gap);
    }
    const int begins = a->bits == OUTSIDE || a->begins;
    TWO(60, a->identity, b->identity);
    TWO(61, c->identity, d->identity);
    TWO(62, a->identity, c->identity);
    TWO(63, w->bits, a->identity);
    TWO(64, w->bits, c->identity);
    TWO(65, w->shape, w->bits);
    TWO(66, w->shape, written);
    TWO(67, w->shape, w->line_case);
    TWO(68, w->label, w->since);
    ONE(69, w->place);
    ONE(70, w->line_length);
    ONE(71, written);
    ONE(72, w->line_case);
    ONE(73, w->line_head);
    TWO(74, w->bits, c->bits);
    TWO(75, w->bits, a->bits);
    TWO(76, a->bits, c->bits);
    TWO(77, w->frequency, w->shape);
    THREE(78, around[1]->identity, b->identity, a->identity);
    THREE(79, c->identity, d->identity, around[7]->identity);
    ONE(80, w->tail2);
    ONE(81, w->tail3);
    ONE(82, w->head);
    ONE(83, w->length);
    ONE(84, w->seen_small);
    ONE(85, w->tail4);
    THREE(86, begins, w->shape, w->bits);
    THREE(87, begins, w->shape, w->frequency);
    TWO(88, w->given, w->frequency);
    THREE(89, w->given, w->shape, written);
    TWO(91, c->given, c->bits);
    TWO(92, a->given, a->bits);
    THREE(93, a->shape, w->shape, c->shape);
    TWO(94, begins, c->identity);
    THREE(95, written, w->line_case, w->bits);
    THREE(96, written, w->frequency, w->given);
    return n;
}

/* The features of all candidates, one after the other, and where those of each end; returns how many candidates. */
int64_t polyclinic_tagger_features(const Token *tokens, int64_t count, int written, int64_t *which, int64_t *ends,
                                   uint32_t *keys) {
    int64_t found = 0, n = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!tokens[i].candidate) continue;
        n += features_of(tokens, count, i, written, keys + n);
        which[found] = i;
        ends[found++] = n;
    }
    return found;
}

/* The shares of the classes for a token with these features; returns the largest of a class but the first. */
static double shares_by(const Tagger *t, const uint32_t *keys, int n, double *shares) {
    int16_t sums[WIDTH] = {0}; /* no sum of MOST_FEATURES weights goes beyond */
    for (int k = 0; k < n; k++) {
        int64_t at = keys[k] & t->row_mask;
        while (t->rows[at].key != keys[k] && t->rows[at].key) at = (at + 1) & t->row_mask;
        if (!t->rows[at].key) continue;
        const int8_t *weights = t->rows[at].weights;
        for (int j = 0; j < WIDTH; j++) sums[j] = (int16_t)(sums[j] + weights[j]);
    }
    int64_t scores[CLASSES], most = INT64_MIN;
    for (int c = 0; c < CLASSES; c++) {
        scores[c] = t->output_bias[c];
        for (int j = 0; j < WIDTH; j++) {
            const int32_t hidden = t->bias[j] + sums[j];
            if (hidden > 0) scores[c] += (int64_t)t->output[c * WIDTH + j] * hidden;
        }
        if (scores[c] > most) most = scores[c];
    }
    double all = 0, largest = 0;
    for (int c = 0; c < CLASSES; c++) {
        shares[c] = exp((double)(scores[c] - most) * t->scale);
        all += shares[c];
    }
    for (int c = 0; c < CLASSES; c++) {
        shares[c] /= all;
        if (c && shares[c] > largest) largest = shares[c];
    }
    return largest;
}

/* What the weights say of the candidates of which some class has at least `least`; returns how many there are, at most
 * `count`. */
int64_t polyclinic_tagger_judge(const Tagger *t, const Token *tokens, int64_t count, int written, Found *found) {
    uint32_t keys[2][MOST_FEATURES];
    int sizes[2] = {0, 0}, now = 0;
    int64_t kept = 0, waiting = -1;
    for (int64_t i = 0; i <= count; i++) { /* rows are on their way from memory while those before are summed */
        if (i < count) {
            if (!tokens[i].candidate) continue;
            sizes[now] = features_of(tokens, count, i, written, keys[now]);
            for (int k = 0; k < sizes[now]; k++) PREFETCH(t->rows + (keys[now][k] & t->row_mask));
        }
        const int64_t one = waiting;
        waiting = i;
        now = !now;
        if (one < 0 || shares_by(t, keys[now], sizes[now], found[kept].shares) < t->least) continue;
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

/* Reads a text and judges its candidates: as `polyclinic_tagger_read`, then `polyclinic_tagger_judge`. Returns how many
 * tokens there are; where that is more than `room`, nothing was judged. `kept` says how many were found. */
int64_t polyclinic_tagger_find(const Tagger *t, const uint32_t *text, int64_t size, Token *tokens, int64_t room,
                               uint64_t *seen, int64_t seen_mask, Found *found, int64_t *kept) {
    int32_t written = 0;
    const int64_t count = polyclinic_tagger_read(t, text, size, tokens, room, seen, seen_mask, &written);
    *kept = count > room ? 0 : polyclinic_tagger_judge(t, tokens, count, written, found);
    return count;
}
