/* What the weights look at in a token: as `features_of` of features.py. */

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
