/* What Python and the kernel hand to each other; `__init__.py` beside this file declares the same with ctypes. */

#ifndef POLYCLINIC_DEIDENTIFY_KERNEL_H
#define POLYCLINIC_DEIDENTIFY_KERNEL_H

#include <stdint.h>

/* What a character is, as bits. */
enum { LETTER = 1, CAPITAL = 2, ALNUM = 4, SPACE = 8, DIGIT = 16, SIGN = 32, ODD = 64 };
/* SIGN: . : ^, which are looked at. ODD: its lower case is not one unit, or hangs on what stands beside. */
/* Lists that a scan fills, in this order, each of `room` numbers; at its end they stand one right after the other, but
 * for the last, which nobody outside needs. */
enum { STARTS, ENDS, BITS, PLACES, MONTHS, STREETS, WORDS, HITS, HIT_PLACES, RUNS, RUN_ENDS,
       RUN_OWNERS, SETS, LISTS };
/* What stands before the lists: how long each is, and what was seen. */
enum { TOKENS = 0, CASELESS = 1, PLACE_COUNT, MONTH_COUNT, STREET_COUNT, WORD_COUNT, HIT_COUNT, RUN_COUNT,
       SEEN, ALL, HEAD }; /* ALL: numbers of the head and the lists */
enum { UNIT_BEHIND = 1, COUNT_BEHIND = 2 };
enum { DOT_LETTER = 1, COLONS = 2, ODD_LETTER = 4, CARET = 8 }; /* SEEN: .c; :: or :1f:; what is ODD; ^ */

/* What a symbol of a pattern stands for that is no letter or sign. FIRST, LAST: no letter or
 * digit stands before, behind. */
enum { ONE_SPACE = 0x100, SPACES, ONE_DIGIT, UPPER, LOWER, FIRST, LAST };

/* What a word before a place says beside its groups: it announces a place, or does before a colon; it joins one more place
 * to one; it may stand between. And what a character is: it stands between joined words; no name ends before it; it ends what
 * stands between two places; it stands between a degree and a place. */
enum { GROUPS = 16, ALWAYS = 1 << 16, LABEL = 1 << 17, WORD_LISTS = 1 << 18, ARTICLE = 1 << 19 };
enum { BETWEEN = 1, HEADING = 2, SIGN_LISTS = 4, AFTER_DEGREE = 8 };
enum { WINDOW = 40, NEAR = 16 }; /* characters in which what announces a place stands; from one place to one more */

/* In which characters behind and before a number something is looked for. */
enum { MONTH_NEAR = 26, BOX_NEAR = 14 };
enum { CODE_BITS = 6, CODES = 64, CELLS = CODES * CODES * CODES, SPACE_CODE = 54 }; /* codes from 1 up to the space's are letters and digits */
enum { STREET_END = 1 }; /* set of the words asked for: they end streets */

/* Words in an open hash table, so that a look-up touches few lines of memory. Letters are UTF-16 units in lower case. */
typedef struct {
    uint32_t tag;   /* the low half of its hash */
    uint32_t place; /* where its letters begin, times 256, + how many they are; 0 in an empty slot */
    uint32_t bits;  /* what the lexicon says of it, or its number */
    uint32_t sets;  /* in which sets of the rules it is, and LISTED */
} Word;

typedef struct {
    uint64_t *sieve; /* three bits for each word, in one number that its hash names: most that are not there end here */
    int64_t sieve_mask; /* numbers in the sieve - 1; a power of two */
    Word *slots;
    int64_t mask; /* slots - 1; a power of two */
    const uint16_t *letters; /* of all words, one after the other */
} Words;

/* Patterns that begin with three characters: anywhere, and with a word. */
typedef struct {
    uint64_t fourths[2]; /* bits of the codes of characters that come fourth */
    uint32_t first[2];  /* where in `members` they stand */
    uint32_t count[2];
} Cell;

typedef struct {
    uint64_t fourths; /* as those of its cell */
    uint64_t fifths;
    uint32_t symbols; /* where its symbols begin */
    uint16_t count;   /* of symbols */
    uint16_t number;  /* of the pattern */
} Member;

typedef struct {
    Words lexicon;
    Words asked;            /* words between spaces that rules ask for */
    Words units;            /* behind numbers that are passed over; `bits` says behind which: UNIT, COUNT */
    Words before;           /* words before places: `bits` has their groups and what they say themselves, `sets` the
                               groups asked for right before them and, GROUPS bits higher, among the three before them */
    const uint8_t *characters; /* of ASCII, beside places */
    int64_t longest_gap;       /* between joined words */
    int64_t screens;           /* whether the three above are there: only then are places left out by them */
    const uint32_t *months; /* three letters each, the first of them highest, with which months begin */
    int64_t month_count;    /* 0 when no number shall be left out for what is not around it */
    const uint8_t *boxes;   /* 128 x 128: with which letters what stands before the number of a box begins */
    const uint8_t *alike;   /* of ASCII: letters that a reader of scanned pages takes digits for */
    const uint8_t *classes; /* of each unit */
    const uint16_t *lower;  /* each unit in lower case, where that is one unit */
    const uint8_t *pairs;   /* 128 x 128: with which letters words end before a place's name */
    const uint8_t *codes;    /* of ASCII: less than CODES; 0 for what no pattern begins with, and for the others */
    const uint16_t *cell_at; /* CELLS: number of the cell of three codes, 0 where no pattern begins so */
    const Cell *cells;
    const Member *members;
    const uint16_t *symbols; /* of all patterns, one after the other */
    int64_t patterns; /* how many there are */
    double few_capitals;
    uint32_t listed;       /* the bit of `sets` of what the lexicon has */
    uint32_t name, word, eponym, stop, common, month, state; /* bits of the lexicon */
    uint32_t city, credential;
    uint32_t place_word, state_word, street_type, kind, tail; /* sets of the rules */
} Vocabulary;

#endif
