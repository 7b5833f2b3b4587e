/* A text's tokens, and what the lists and the text say of each: as `read` of features.py. */

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

static inline int64_t slot_of(const Tagger *t, uint64_t hash) { return (int64_t)(hash >> 20) & t->entry_mask; }

static const Entry *find_entry(const Tagger *t, uint64_t hash) {
    for (int64_t at = slot_of(t, hash);; at = (at + 1) & t->entry_mask) {
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
static void describe_word(const Tagger *t, const uint32_t *text, Token *token) {
    const int64_t start = token->start;
    int64_t end = token->end;
    uint64_t hash = token->hash;
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

/* The mask of a table for so many hashes, not larger than `mask`: a short text fills little of a long one's room. */
static int64_t mask_for(int64_t count, int64_t mask) {
    int64_t slots = 16;
    while (slots <= 2 * count) slots *= 2;
    return slots - 1 < mask ? slots - 1 : mask;
}

/* What is known of a number or a sign by itself. */
static void describe_other(const Tagger *t, const uint32_t *text, Token *token, int32_t no_word) {
    const int64_t start = token->start, length = token->end - start;
    const uint32_t c = text[start];
    token->bits = NO_WORD;
    token->bits_place = no_word;
    token->begins = c == '\n' || c == '.' || c == '!' || c == '?' || c == '-' || c == 0x2022 || c == '*' || c == '>';
    if (token->number) {
        token->shape = (uint8_t)(length < 6 ? 1 + length : 7);
        token->frequency = FIRST_VALUE + value_of(text, start, token->end);
        return;
    }
    token->shape = (uint8_t)(c == '\n' ? NEWLINE : 9);
    const Entry *entry = find_entry(t, token->hash);
    token->identity = entry ? entry->identity : 0;
}

/* Reads the tokens of a text; returns how many there are, which may be more than there is `room` for. `seen` is room
 * for a table of `seen_mask` + 1 hashes, more than the tokens. */
int64_t polyclinic_tagger_read(const Tagger *t, const uint32_t *text, int64_t size, Token *tokens, int64_t room,
                               uint64_t *seen, int64_t seen_mask, int32_t *written) {
    const int32_t no_word = place_of(t, NO_WORD);
    int64_t count = 0, at = 0, all_upper = 0, all_lower = 0;
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
            token->word = (class & LETTER) != 0;
            token->number = !token->word && (class & DIGIT);
            if (!token->number) {
                token->hash = hash_of(t, text, start, at);
                PREFETCH(t->entries + slot_of(t, token->hash));
            }
        }
        count++;
    }
    if (count > room) return count;
    for (int64_t i = 0; i < count; i++) {
        if (tokens[i].word) describe_word(t, text, tokens + i);
        else describe_other(t, text, tokens + i, no_word);
    }
    *written = case_of(all_upper, all_lower);
    seen_mask = mask_for(count, seen_mask);
    memset(seen, 0, (size_t)(seen_mask + 1) * sizeof(*seen));
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
