/* A text in units of one size, gone through once for each kind of thing; NAME gives each size its own functions. */

#define Unit UNIT

static inline uint32_t NAME(class_of)(const Vocabulary *v, const Unit *text, int64_t at) {
    return v->classes[text[at]];
}

/* Copies a word in lower case; returns its length, or -1 when no list can have it. */
static inline int NAME(copied)(const Vocabulary *v, const Unit *text, int64_t start, int64_t end, uint16_t *out) {
    if (end - start > LONGEST) return -1;
    for (int64_t i = start; i < end; i++) out[i - start] = v->lower[text[i]];
    return (int)(end - start);
}

/* The end of initials that begin at `at`: [A-Z](?:\.[A-Z])+\b\.?(?![a-z]); `at` itself when there are none. */
static int64_t NAME(initials)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size) {
    int64_t groups = 0;
    for (int64_t i = at + 1; i + 1 < size && text[i] == '.' && is_upper(text[i + 1]); i += 2) groups++;
    for (; groups > 0; groups--) { /* as a pattern does: the most groups first, with the stop first */
        const int64_t end = at + 1 + 2 * groups;
        if (end < size && is_word(v, text[end])) continue;
        if (end < size && text[end] == '.' && !(end + 1 < size && is_lower(text[end + 1]))) return end + 1;
        if (!(end < size && is_lower(text[end]))) return end;
    }
    return at;
}

/* Where a word ends whose letters may have signs between: [letters]+(?:[signs][letters]+)*, from a letter on. */
static int64_t NAME(joined)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size, int backtick) {
    for (;;) {
        while (at < size && (v->classes[text[at]] & LETTER)) at++;
        if (at + 1 < size && is_joint(text[at], backtick) && (v->classes[text[at + 1]] & LETTER)) {
            at++;
            continue;
        }
        return at;
    }
}

/* Bits of a word with hyphens or apostrophes that no list has as it stands; `_of_parts` of tokens.py. */
static uint32_t NAME(of_parts)(const Vocabulary *v, const Unit *text, int64_t start, int64_t end) {
    uint16_t word[LONGEST];
    int hyphen = 0, changed = 0;
    for (int64_t i = start; i < end; i++) {
        const uint32_t c = text[i];
        changed |= c == 0x2019 || c == 0x2010 || c == 0x2011;
        hyphen |= c == '-' || c == 0x2010 || c == 0x2011;
    }
    if (changed && end - start <= LONGEST) {
        for (int64_t i = start; i < end; i++) word[i - start] = plain_sign(v->lower[text[i]]);
        const Word *found = listed(v, word, (int)(end - start));
        if (found) return found->bits;
    }
    if (!hyphen) {
        int length = 0;
        for (int64_t i = start; i < end; i++) {
            const uint16_t c = plain_sign(v->lower[text[i]]);
            if (c == '\'') continue;
            if (length == LONGEST) return 0;
            word[length++] = c;
        }
        const Word *found = listed(v, word, length);
        return found ? found->bits : 0;
    }
    uint32_t first = 0, first_name = 0, both = 0;
    int64_t parts = 0, names = 0;
    int ordinary = 0, eponyms = 1, strong = 0;
    for (int64_t from = start; from <= end; parts++) {
        int64_t to = from;
        int length = 0;
        for (; to < end && plain_sign(v->lower[text[to]]) != '-'; to++)
            if (length >= 0) {
                if (length < LONGEST) word[length++] = plain_sign(v->lower[text[to]]);
                else length = -1;
            }
        const Word *found = length >= 0 ? listed(v, word, length) : NULL;
        const uint32_t bits = found ? found->bits : 0;
        if (!parts) first = bits;
        ordinary |= (bits & (v->common | v->stop | v->eponym)) && !(bits & v->name);
        eponyms &= (bits & v->eponym) != 0;
        if (bits & v->name) {
            if (!names++) first_name = bits;
            strong |= !(bits & (v->word | v->eponym));
        }
        both |= bits;
        from = to + 1;
    }
    if (ordinary) return v->common;
    if (eponyms) return v->eponym | (first & v->name);
    if (names == parts) return strong ? both & ~(v->word | v->eponym | v->common) : both;
    return strong ? (first_name & v->name) | v->word : 0;
}

/* What the lexicon says of a word that stands from `start` to `*end`; `found` is the word as it stands, or NULL. A
 * possessive is cut off. */
static void NAME(look_up)(const Vocabulary *v, const Unit *text, int64_t start, int64_t *end, const Word *found,
                          uint32_t *bits, uint32_t *sets) {
    uint16_t word[LONGEST];
    *sets = found ? found->sets : 0;
    *bits = found ? found->bits : 0;
    if (*sets & v->listed) return;
    *bits = 0;
    const int64_t size = *end - start;
    const uint32_t last = v->lower[text[*end - 1]], before = size > 1 ? text[*end - 2] : 0;
    if (last == 's' && (before == '\'' || before == 0x2019 || before == '`')) {
        *end -= 2;
        const int rest = NAME(copied)(v, text, start, *end, word);
        found = rest >= 0 ? find_word(&v->lexicon, word, rest) : NULL;
        *sets = found ? found->sets : 0;
        if (*sets & v->listed) *bits = found->bits;
        return;
    }
    uint32_t tail[3] = {0, 0, 0};
    for (int i = 0; i < 3 && i < size; i++) tail[2 - i] = v->lower[text[*end - 1 - i]];
    if (is_contracted(tail)) {
        *bits = v->stop;
    } else if (last == '.') {
        const int rest = NAME(copied)(v, text, start, *end - 1, word);
        found = rest >= 0 ? listed(v, word, rest) : NULL;
        if (found) *bits = found->bits;
    } else {
        for (int64_t i = start; i < *end; i++)
            if (text[i] == '-' || text[i] == '\'' || text[i] == 0x2019) {
                *bits = NAME(of_parts)(v, text, start, *end);
                return;
            }
    }
}

/* The words of a text that may be names: those with a capital, or all of them. Returns how many there are, which may be
 * more than there is room for. */
static int64_t NAME(tokens)(const Vocabulary *v, const Unit *text, int64_t size, int ascii, int any, int64_t room,
                            int32_t *const *lists, int64_t *matches) {
    int64_t count = 0, until = 0, at = 0;
    *matches = 0;
    while (at < size) {
        const uint32_t class = v->classes[text[at]];
        if (!(class & (any ? LETTER : CAPITAL))) {
            at++;
            continue;
        }
        const int64_t start = at;
        int64_t end = at + 1;
        if (any) {
            end = NAME(joined)(v, text, at, size, 0);
        } else if (ascii) {
            while (end < size && (is_upper(text[end]) || is_lower(text[end]) || text[end] == '\'' ||
                                  text[end] == '`' || text[end] == '-'))
                end++;
        } else if (end < size && (v->classes[text[end]] & LETTER)) {
            end = NAME(joined)(v, text, end, size, 1);
        } else if (end + 1 < size && text[end] == '.') {
            const int64_t last = NAME(initials)(v, text, start, size);
            if (last > start) end = last;
        } else if (end + 1 < size && is_joint(text[end], 1) && (v->classes[text[end + 1]] & LETTER)) {
            end = NAME(joined)(v, text, end + 1, size, 1);
        }
        at = end;
        ++*matches;
        if (start < until || (start && is_word(v, text[start - 1]))) continue;
        if (end - start == 1) {
            if (end < size && text[end] == '.') {
                const int64_t last = NAME(initials)(v, text, start, size);
                if (last > start && is_upper(text[start])) until = end = last;
            }
        } else if (text[end - 1] == '\'' || text[end - 1] == '`' || text[end - 1] == '-') {
            end--;
        }
        if (count < room) {
            lists[STARTS][count] = (int32_t)start;
            lists[ENDS][count] = (int32_t)end;
            lists[SETS][count] = -1;
            if (end - start <= LONGEST) {
                uint64_t hash = HASH_START;
                for (int64_t i = start; i < end; i++) hash = hash_step(hash, v->lower[text[i]]);
                hash = hash_end(hash);
                const int64_t slot = (int64_t)(hash >> 32) & v->lexicon.mask;
                FETCH(v->lexicon.slots + slot);
                lists[BITS][count] = (int32_t)(uint32_t)hash;
                lists[SETS][count] = (int32_t)slot;
            }
        }
        count++;
    }
    return count;
}

/* Looks the words up. The lexicon is large: all its lines that are needed are asked for before the first is read. */
static void NAME(look_ups)(const Vocabulary *v, const Unit *text, int64_t count, int32_t *const *lists) {
    const Words *words = &v->lexicon;
    for (int64_t i = 0; i < count; i++) {
        if (lists[SETS][i] < 0) continue;
        const uint32_t tag = (uint32_t)lists[BITS][i], length = (uint32_t)(lists[ENDS][i] - lists[STARTS][i]);
        int64_t at = lists[SETS][i];
        while (words->slots[at].place && (words->slots[at].tag != tag || (words->slots[at].place & 255) != length))
            at = (at + 1) & words->mask;
        if (words->slots[at].place) FETCH(words->letters + (words->slots[at].place >> 8));
        lists[SETS][i] = words->slots[at].place ? (int32_t)at : -1;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t start = lists[STARTS][i];
        int64_t end = lists[ENDS][i];
        const Word *found = NULL;
        if (lists[SETS][i] >= 0) {
            found = words->slots + lists[SETS][i];
            const uint16_t *letters = words->letters + (found->place >> 8);
            for (int64_t k = start; k < end; k++)
                if (letters[k - start] != v->lower[text[k]]) { /* another word of the same hash */
                    uint16_t word[LONGEST];
                    found = find_word(words, word, NAME(copied)(v, text, start, end, word));
                    break;
                }
        }
        uint32_t bits, sets;
        NAME(look_up)(v, text, start, &end, found, &bits, &sets);
        lists[ENDS][i] = (int32_t)end;
        lists[BITS][i] = (int32_t)bits;
        lists[SETS][i] = (int32_t)sets;
    }
}

/* What a word says that stands before a place; NULL when nothing. `odd` is set where its lower case is not known. */
static const Word *NAME(said)(const Vocabulary *v, const Unit *text, int64_t start, int64_t end, int *odd) {
    if (end - start > LONGEST || end <= start) return NULL;
    uint64_t hash = HASH_START;
    for (int64_t i = start; i < end; i++) {
        *odd |= v->classes[text[i]] & ODD;
        hash = hash_step(hash, v->lower[text[i]]);
    }
    hash = hash_end(hash);
    if (!may_have(&v->before, hash)) return NULL;
    uint16_t word[LONGEST];
    return find_hashed(&v->before, word, NAME(copied)(v, text, start, end, word), hash);
}

/* Whether a label stands before a colon that stands before a word. */
static int NAME(labelled)(const Vocabulary *v, const Unit *text, int64_t low, int64_t start) {
    int odd = 0;
    int64_t end = start;
    while (end > low && (text[end - 1] == ' ' || text[end - 1] == ':')) end--;
    while (end > low && is_one_of(text[end - 1], " *-|>[]().,;")) end--;
    int64_t begin = end;
    while (begin > low && !(v->classes[text[begin - 1]] & SPACE)) begin--;
    if (begin == end) return end > low && text[end - 1] != '\n';
    const Word *found = NAME(said)(v, text, begin, end, &odd);
    while (!(found && (found->bits & LABEL)) && begin < end && is_one_of(text[begin], " *-|>[]().,;"))
        found = NAME(said)(v, text, ++begin, end, &odd);
    return odd || (found && (found->bits & LABEL));
}

/* Whether the words before a word may announce a place: `_cue` of places/announced.py, or more. `listed`: whether it may be
 * one more after another place. */
static int NAME(announced)(const Vocabulary *v, const Unit *text, int64_t start, int listed) {
    const int64_t low = start > WINDOW ? start - WINDOW : 0;
    if (text[start - 1] == ' ' && text[start - 2] == ':') return NAME(labelled)(v, text, low, start);
    int odd = 0, count = 0;
    int64_t begins[5], ends[5];
    for (int64_t at = start; count < 5; count++) { /* the last five words, the last first */
        while (at > low && (v->classes[text[at - 1]] & SPACE)) at--;
        if (at == low) break;
        ends[count] = at;
        while (at > low && !(v->classes[text[at - 1]] & SPACE)) at--;
        begins[count] = at;
    }
    if (!count) return 0;
    const uint32_t sign = text[ends[0] - 1];
    if (listed && sign < 128 && (v->characters[sign] & SIGN_LISTS)) return 1;
    const Word *word = NAME(said)(v, text, begins[0], ends[0], &odd);
    if (!word) return odd;
    if ((word->bits & WORD_LISTS) && listed && !is_upper(text[begins[0]])) return 1;
    int last = 0;
    if (word->bits & ARTICLE) {
        if (count < 2) return 0;
        word = NAME(said)(v, text, begins[last = 1], ends[1], &odd);
        if (!word) return odd;
    }
    if (word->bits & ALWAYS) return 1;
    const uint32_t behind = word->sets & ((1u << GROUPS) - 1), among = word->sets >> GROUPS;
    for (int i = last + 1; i < count && i < last + 4; i++) {
        const Word *other = among ? NAME(said)(v, text, begins[i], ends[i], &odd) : NULL;
        if (other && (other->bits & among)) return 1;
        if (i > last + 1 || !behind) continue;
        int64_t begin = begins[i], end = ends[i];
        while (begin < end && is_one_of(text[begin], "(,;.")) begin++;
        while (begin < end && is_one_of(text[end - 1], "(,;.")) end--;
        other = NAME(said)(v, text, begin, end, &odd);
        if (other && (other->bits & behind)) return 1;
    }
    return odd;
}

/* Whether two neighbouring words may stand in one name: `link` of joined_words.py, or more. */
static int NAME(joins)(const Vocabulary *v, const Unit *text, int64_t end, int64_t start) {
    if (start <= end || start - end > v->longest_gap) return 0;
    for (int64_t i = end; i < start; i++)
        if (text[i] < 128 && !(v->characters[text[i]] & BETWEEN)) return 0;
    return 1;
}

/* Whether more than one line ends between two words: then they are not joined. */
static int NAME(two_lines)(const Unit *text, int64_t end, int64_t start) {
    int lines = 0;
    for (int64_t i = end; i < start; i++) lines += text[i] == '\n';
    return lines > 1;
}

/* The words that rules have to look at: for places, months, and the rare names of streets. */
static void NAME(candidates)(const Vocabulary *v, const Unit *text, int64_t size, int64_t count, int32_t *head,
                             int32_t *const *lists) {
    const int32_t *starts = lists[STARTS], *ends = lists[ENDS];
    const uint32_t *all_bits = (const uint32_t *)lists[BITS], *all_sets = (const uint32_t *)lists[SETS];
    int32_t places = 0, months = 0, streets = 0;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t bits = all_bits[i], sets = all_sets[i];
        const int64_t start = starts[i], end = ends[i];
        const int more = i + 1 < count;
        const uint32_t next = more ? all_bits[i + 1] : 0;
        const int64_t gap = more ? starts[i + 1] - end : 0;
        int look = (bits & v->city) || (sets & v->place_word);
        if (!look && (sets & v->kind)) { /* a kind that nothing is joined to names nothing */
            look = !v->screens || (i && NAME(joins)(v, text, ends[i - 1], start)) ||
                   (more && NAME(joins)(v, text, end, starts[i + 1]));
            if (v->screens && end < size && text[end] < 128 && (v->characters[text[end]] & HEADING)) look = 0;
        }
        if (!look && (sets & v->tail)) /* nor does the last word of a name that no word is joined to from the left */
            look = !v->screens || (i && NAME(joins)(v, text, ends[i - 1], start) &&
                                   !NAME(two_lines)(text, ends[i - 1], start));
        if (!look && more && gap < 4 && end < size && (text[end] == ',' || text[end] == ' ' || text[end] == '^'))
            look = (next & v->state) || (all_sets[i + 1] & v->state_word);
        if (!look && i && (all_bits[i - 1] & v->credential) && start - ends[i - 1] < 3) {
            const uint32_t sign = start > ends[i - 1] ? text[ends[i - 1]] : 0;
            look = !v->screens || (sign < 128 && (v->characters[sign] & AFTER_DEGREE));
        }
        if (!look && start > 2 && (text[start - 1] == ' ' || text[start - 1] == '\n')) {
            const uint32_t a = text[start - 3], b = text[start - 2];
            look = a > 127 || b > 127 || v->pairs[v->lower[a] << 7 | v->lower[b]];
            if (look && v->screens)
                look = NAME(announced)(v, text, start, places && i && start - ends[i - 1] <= NEAR);
        }
        if (look) lists[PLACES][places++] = (int32_t)i;
        if (bits & v->month) lists[MONTHS][months++] = (int32_t)i;
        if (sets & v->street_type) lists[STREETS][streets++] = (int32_t)i;
    }
    head[PLACE_COUNT] = places;
    head[MONTH_COUNT] = months;
    head[STREET_COUNT] = streets;
}

/* Those words of a block that rules ask for. Returns their sets. */
static uint32_t NAME(asked)(const Vocabulary *v, const Unit *text, const uint64_t *hashes, const int64_t *starts,
                            const int64_t *ends, int64_t words, int64_t room, int32_t *list, int64_t *count) {
    uint32_t sets = 0;
    for (int64_t i = 0; i < words; i++) {
        if (!may_have(&v->asked, hashes[i])) continue;
        uint16_t word[LONGEST];
        const int length = NAME(copied)(v, text, starts[i], ends[i], word);
        const Word *found = length > 0 ? find_hashed(&v->asked, word, length, hashes[i]) : NULL;
        if (!found) continue;
        if (*count < room) list[*count] = (int32_t)found->bits;
        sets |= found->sets;
        ++*count;
    }
    return sets;
}

/* The words between spaces that rules ask for, and what else was seen on the way. Returns whether there may be streets.
 * The sieve is large: what is needed of it for a block of words is asked for before the first is looked at. */
static int NAME(words)(const Vocabulary *v, const Unit *text, int64_t size, int64_t room, int32_t *head,
                       int32_t *const *lists) {
    uint64_t hashes[BLOCK] = {0};
    int64_t starts[BLOCK] = {0}, ends[BLOCK] = {0};
    int64_t count = 0, at = 0, words = 0;
    uint32_t seen = 0, classes = 0, sets = 0;
    while (at < size) {
        uint32_t class = v->classes[text[at]];
        if (class & SPACE) {
            at++;
            continue;
        }
        const int64_t start = at;
        uint64_t hash = HASH_START;
        do {
            const uint32_t c = text[at];
            hash = hash_step(hash, v->lower[c]);
            classes |= class;
            at++;
            if (class & SIGN) { /* rare */
                if (c == '.') {
                    if (at < size && (is_upper(text[at]) || is_lower(text[at]))) seen |= DOT_LETTER;
                } else if (c == ':') {
                    int64_t i = at;
                    while (i < size && i < at + 4 && is_hex(text[i])) i++;
                    if (i < size && text[i] == ':') seen |= COLONS;
                } else {
                    seen |= CARET;
                }
            }
        } while (at < size && !((class = v->classes[text[at]]) & SPACE));
        hashes[words] = hash_end(hash);
        starts[words] = start;
        ends[words] = at;
        FETCH(sieve_at(&v->asked, hashes[words]));
        if (++words < BLOCK) continue;
        sets |= NAME(asked)(v, text, hashes, starts, ends, words, room, lists[WORDS], &count);
        words = 0;
    }
    sets |= NAME(asked)(v, text, hashes, starts, ends, words, room, lists[WORDS], &count);
    head[WORD_COUNT] = count > INT32_MAX ? INT32_MAX : (int32_t)count;
    head[SEEN] = (int32_t)(seen | (classes & ODD ? ODD_LETTER : 0));
    return (seen & CARET) || (sets & STREET_END);
}

/* Whether a pattern stands at a place. */
static int NAME(stands)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size, const uint16_t *symbols,
                        uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        const uint32_t symbol = symbols[k];
        if (symbol == FIRST) continue; /* seen to by who asks */
        if (symbol == LAST) return at >= size || !is_word(v, text[at]);
        if (at >= size) return 0;
        const uint32_t c = text[at++];
        if (symbol < ONE_SPACE) {
            if (c != symbol && !(is_lower(symbol) && c == symbol - 32)) return 0;
        } else if (symbol == ONE_DIGIT) {
            if (!(v->classes[c] & DIGIT)) return 0;
        } else if (symbol == UPPER) {
            if (!is_upper(c)) return 0;
        } else if (symbol == LOWER) {
            if (!is_lower(c)) return 0;
        } else {
            if (!(v->classes[c] & SPACE)) return 0;
            while (symbol == SPACES && at < size && (v->classes[text[at]] & SPACE)) at++;
        }
    }
    return 1;
}

static inline uint32_t NAME(code)(const Vocabulary *v, uint32_t c) {
    return sizeof(Unit) > 1 && c > 127 ? 0 : v->codes[c];
}

/* The patterns that stand at a place; `fourth` has the bit of what is three further on. Returns how many hits there are. */
static int64_t NAME(hits_at)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size, const Cell *cell,
                             uint64_t fourth, int64_t count, int64_t room, int32_t *const *lists) {
    const uint64_t fifth = 1ull << (at + 4 < size ? NAME(code)(v, text[at + 4]) : 0);
    for (int kind = 0; kind < 2; kind++) {
        if (!(cell->fourths[kind] & fourth) || (kind && at && is_word(v, text[at - 1]))) continue;
        const Member *member = v->members + cell->first[kind], *end = member + cell->count[kind];
        for (; member < end; member++) {
            if (!(member->fourths & fourth) || !(member->fifths & fifth)) continue;
            if (!NAME(stands)(v, text, at, size, v->symbols + member->symbols, member->count)) continue;
            if (count < room) {
                lists[HITS][count] = member->number;
                lists[HIT_PLACES][count] = (int32_t)at;
            }
            count++;
        }
    }
    return count;
}

/* Where the patterns stand that rules ask for. Behind the end stands the code of the others. */
static void NAME(hits)(const Vocabulary *v, const Unit *text, int64_t size, int64_t room, int32_t *head,
                       int32_t *const *lists) {
    const Cell *const cells = v->cells;
    const uint16_t *const cell_at = v->cell_at;
    int64_t count = 0;
    uint32_t begins = 1, key = 0; /* `key`: three codes; `begins`: no letter or digit of ASCII is before */
    for (int64_t at = 0; at < size && at < 3; at++) key = key * CODES + NAME(code)(v, text[at]);
    for (int64_t at = size; at < 3; at++) key *= CODES;
    for (int64_t at = 0; v->patterns && at + 1 < size; at++) {
        const uint32_t fourth = at + 3 < size ? NAME(code)(v, text[at + 3]) : 0;
        const Cell *cell = cells + cell_at[key];
        const uint64_t fourths = cell->fourths[0] | (cell->fourths[1] & (0 - (uint64_t)begins));
        begins = (key >> 2 * CODE_BITS) - 1 >= SPACE_CODE - 1;
        key = (key << CODE_BITS & (CELLS - 1)) | fourth;
        if (fourths >> fourth & 1)
            count = NAME(hits_at)(v, text, at, size, cell, 1ull << fourth, count, room, lists);
    }
    head[HIT_COUNT] = count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

/* What the word is, as bits of `units`, that begins at a place: a whole word, in the case in which it stands. */
static uint32_t NAME(unit_at)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size, int64_t *end) {
    uint16_t word[LONGEST];
    int length = 0;
    for (*end = at; at < size && is_word(v, text[at]); *end = ++at) {
        if (length == LONGEST) return 0;
        word[length++] = text[at];
    }
    const Word *found = length ? find_word(&v->units, word, length) : NULL;
    return found ? found->bits : 0;
}

static inline int NAME(digit_at)(const Unit *text, int64_t at, int64_t size) {
    return at < size && is_digit(text[at]);
}

/* Whether nothing stands at a place that goes on with a number: (?![\d/\w-]|\.\d| ?-). */
static int NAME(number_ends)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size) {
    if (at >= size) return 1;
    const uint32_t c = text[at];
    if (is_word(v, c) || c == '/' || c == '-') return 0;
    if (c == '.') return !(at + 1 < size && (v->classes[text[at + 1]] & DIGIT));
    return !(c == ' ' && at + 1 < size && text[at + 1] == '-');
}

/* The end of a number that is surely measured or counted, or its start; some of the forms of MEASURED in numbers.py. */
static int64_t NAME(measured)(const Vocabulary *v, const Unit *text, int64_t start, int64_t end, int64_t size) {
    if (start) {
        const uint32_t c = text[start - 1];
        if (is_word(v, c) || c == '.' || c == '/' || c == '#' || c == '+' || c == ':' || c == '@' || c == '-') return start;
    }
    const int64_t length = end - start;
    if (length > 4) return start;
    for (int64_t i = start; i < end; i++)
        if (!is_digit(text[i])) return start;
    int64_t last = end, after;
    if (NAME(digit_at)(text, end + 1, size) && text[end] == '.')
        for (last = end + 2; last < size && (v->classes[text[last]] & DIGIT);) last++;
    const int64_t unit = last + (last < size && (text[last] == ' ' || text[last] == '-'));
    const uint32_t what = NAME(unit_at)(v, text, unit, size, &after);
    if (what & UNIT_BEHIND) return last;
    if (end < size && text[end] == '/' && (length == 3 || (length == 2 && text[start] >= '4'))) {
        int64_t other = end + 1;
        while (NAME(digit_at)(text, other, size)) other++;
        const int64_t digits = other - end - 1;
        if ((digits == 2 || digits == 3) && NAME(number_ends)(v, text, other, size)) return other;
    }
    if (last > end && length < 4 && last - end < 4) {
        for (int64_t i = end + 1; i < last; i++)
            if (!is_digit(text[i])) return start;
        const int month = last + 1 < size && text[last] == ' ' && begins_month(text[last + 1]);
        if (!month && NAME(number_ends)(v, text, last, size)) return last;
    }
    if (last == end && unit > end && (what & COUNT_BEHIND) &&
        (length == 1 || (length == 2 && text[start] >= '1' && text[start] <= '8'))) {
        const int more = after + 1 < size && (text[after] == ' ' || text[after] == '-') &&
                         (v->classes[text[after + 1]] & DIGIT);
        if (!more) return end;
    }
    return start;
}

/* Three letters in lower case as one number; 0 where there is another sign. */
static uint32_t NAME(three)(const Unit *text, int64_t at) {
    uint32_t made = 0;
    for (int64_t i = at; i < at + 3; i++) {
        const uint32_t c = is_upper(text[i]) ? text[i] + 32u : text[i];
        if (!is_lower(c)) return 0;
        made = made << 8 | c;
    }
    return made;
}

/* Whether a month begins at a place. */
static int NAME(month_at)(const Vocabulary *v, const Unit *text, int64_t at, int64_t size) {
    if (at < 0 || at + 3 > size) return 0;
    const uint32_t letters = NAME(three)(text, at);
    for (int64_t i = 0; letters && i < v->month_count; i++)
        if (v->months[i] == letters) return 1;
    return 0;
}

/* Whether a number of one or two digits, from `start` to `end`, is surely nothing to `find` of numbers/rules.py: no date,
 * age, street or phone begins or ends with it. `streets`: whether the text may have streets. */
static int NAME(nothing)(const Vocabulary *v, const Unit *text, int64_t start, int64_t end, int64_t size, int streets) {
    const int64_t length = end - start;
    if (!v->month_count || length > 2 || end + 1 >= size) return 0;
    if (!is_digit(text[start]) || !is_digit(text[end - 1])) return 0;
    const uint32_t ahead = start ? text[start - 1] : ' ', behind = text[end], after = text[end + 1];
    const int of_two = ahead == '/' && start > 1 && is_digit(text[start - 2]); /* the 6 of 3/6 */
    if (is_word(v, ahead) || ahead == 0x2013 || (is_one_of(ahead, "#-/.+") && !of_two)) return 0;
    if (ahead == ' ' && NAME(month_at)(v, text, start - 4, size)) return 0;
    if (!is_one_of(behind, " .,\n;)%:]") || after > 127) return 0;
    const uint32_t then = end + 2 < size ? text[end + 2] : ' ';
    const int number = is_digit(after) || ((v->classes[after] & SPACE) && (v->classes[then] & (DIGIT | ALNUM)) &&
                                           !(v->classes[then] & LETTER));
    if (behind == ' ') {
        if (is_digit(after) || after == '/' || after == '-') return 0;
        if (streets || NAME(month_at)(v, text, end + 1, size)) return 0;
        if ((after == 'o' || after == 'O') && (then == 'f' || then == 'F')) return 0;
    }
    if (behind == '.' && is_digit(after)) return 0;
    if (length == 1 && !of_two) return 1; /* what is said of one digit ends here */
    if (of_two && is_one_of(after, "([")) return 0;
    if (text[start] == '9' && behind != '%') return 0; /* an age */
    if (behind != ' ' && number) return 0; /* 12, 34; 12. 34 */
    if (is_one_of(after, "'/-") && behind != ',') return 0;
    if (ahead == '(' && behind == ')' && text[start] == '0') return 0;
    if (behind == ':' && is_hex(after) && is_hex(then) && end + 3 < size && text[end + 3] == ':') return 0;
    if (behind == ' ' || behind == '.')
        for (int64_t at = end; at + 3 <= size && at + 3 <= end + MONTH_NEAR; at++)
            if (NAME(month_at)(v, text, at, size)) return 0;
    if (behind == '.' || behind == ')') { /* 1O */
        int64_t at = end;
        while (at < size && (v->classes[text[at]] & DIGIT || is_one_of(text[at], "-/.) "))) at++;
        if (at < size && text[at] < 128 && v->alike[text[at]]) return 0;
    }
    for (int64_t at = start > BOX_NEAR ? start - BOX_NEAR : 0; at < start; at++) {
        const uint32_t a = v->lower[text[at]], b = v->lower[text[at + 1]];
        if ((!at || !(v->classes[text[at - 1]] & ALNUM)) && (a > 127 || b > 127 || v->boxes[a << 7 | b])) return 0;
    }
    return !streets;
}

/* The runs of digits that are not surely measured, counted or nothing. One that is part of such a number, as 80 is of 120/80, has
 * where that begins, + 1, for its owner: it is passed over unless something else was found there. */
static void NAME(runs)(const Vocabulary *v, const Unit *text, int64_t size, int streets, int64_t room, int32_t *head,
                       int32_t *const *lists) {
    int64_t count = 0, until = 0, owner = 0;
    for (int64_t at = 0; at < size; at++) {
        if (!(v->classes[text[at]] & DIGIT)) continue;
        const int64_t start = at;
        while (at < size && (v->classes[text[at]] & DIGIT)) at++;
        if (start >= until) {
            until = NAME(measured)(v, text, start, at, size);
            owner = start;
            if (until > start) continue;
        }
        if (NAME(nothing)(v, text, start, at, size, streets)) continue;
        if (count < room) {
            lists[RUN_OWNERS][count] = start < until ? (int32_t)(owner + 1) : 0;
            lists[RUNS][count] = (int32_t)start;
            lists[RUN_ENDS][count] = (int32_t)at;
        }
        count++;
    }
    head[RUN_COUNT] = count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

static int64_t NAME(scan)(const Vocabulary *v, const Unit *text, int64_t size, int ascii, int32_t *out, int64_t room) {
    int32_t *lists[LISTS];
    for (int i = 0; i < LISTS; i++) lists[i] = out + HEAD + i * room;
    int64_t matches;
    int64_t count = NAME(tokens)(v, text, size, ascii, 0, room, lists, &matches);
    out[CASELESS] = size > 40 && (double)matches < v->few_capitals * (double)size;
    if (out[CASELESS]) count = NAME(tokens)(v, text, size, ascii, 1, room, lists, &matches);
    if (count > room) return count;
    out[TOKENS] = (int32_t)count;
    NAME(look_ups)(v, text, count, lists);
    NAME(candidates)(v, text, size, count, out, lists);
    const int streets = NAME(words)(v, text, size, room, out, lists);
    NAME(hits)(v, text, size, room, out, lists);
    NAME(runs)(v, text, size, streets, room, out, lists);
    for (int i = WORD_COUNT; i <= RUN_COUNT; i++) count = out[i] > count ? out[i] : count;
    if (count <= room) together(out, lists);
    return count;
}

#undef Unit
