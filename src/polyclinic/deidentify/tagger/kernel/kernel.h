/* What Python and the tagger's kernel hand to each other; `__init__.py` beside this file declares the same. */

#ifndef POLYCLINIC_TAGGER_KERNEL_H
#define POLYCLINIC_TAGGER_KERNEL_H

#include <stdint.h>

#define WIDTH 32          /* of the hidden layer */
#define CLASSES 8         /* none, name, institution, town, street, date, number, age */
#define MOST_FEATURES 128 /* of a token */
#define KINDS 109         /* of features */

/* What a character is, as bits. */
enum { LETTER = 1, UPPER = 2, LOWER = 4, SPACE = 8, DIGIT = 16 };
enum { NEWLINE = 8, LAST_SHAPE = 17 }; /* shapes */

/* What the lists say of a word. */
typedef struct {
    uint64_t hash;     /* of its letters; 0 in an empty slot */
    int32_t bits;      /* of the lexicon: their place among all that there are */
    uint16_t identity; /* its number among the words that have weights of their own; 0 for others */
    uint8_t frequency; /* rank as a family name, times 6, + rank in the dictionary */
    uint8_t kinds;     /* LISTED, WRITTEN_LARGE, SPOKEN, and 4 times the rank as a given name */
} Entry;
enum { LISTED = 1, WRITTEN_LARGE = 2, SPOKEN = 64 };

/* A word, a number or a sign of a text, and what is known of it where it stands. */
typedef struct {
    uint64_t hash;
    int32_t start, end, letters_end; /* its letters may end before an 's */
    int32_t upper, lower;            /* capitals and small letters in it */
    uint32_t bits;
    int32_t bits_place; /* among all that there are, or -1 */
    uint16_t identity, line_head, label;
    uint8_t frequency, shape, large, given, length, small, seen_small, gap, begins;
    uint8_t place, line_length, line_case, since; /* in its line */
    uint8_t word, number, candidate; /* a number: digits, or a word that may be said for some */
    uint8_t evidence;                /* how sure others of the same letters are to be names; 0 where none is */
} Token;

/* How sure the candidates of some letters are to be names. */
typedef struct {
    uint64_t hash;       /* 0 in an empty slot */
    double best, second; /* shares of the two surest; -1 for none */
    int64_t at;          /* the token of the surest */
} Again;

/* A token that may be more than an ordinary word. */
typedef struct {
    uint64_t hash;
    double shares[CLASSES];
    int32_t start, end, token;
    uint32_t bits, bits_before; /* of the lexicon, of it and of the word before it */
    int32_t shape;
} Found;

/* The weights of a feature. */
typedef struct {
    uint32_t key; /* 0 in an empty slot */
    uint8_t weights[WIDTH]; /* + ZERO */
} Row;
#define ZERO 128

typedef struct {
    const uint8_t *classes; /* of each of the first 65,536 characters */
    const uint16_t *lower;  /* each of them in lower case */
    const Entry *entries;   /* an open hash table */
    int64_t entry_mask;
    const uint32_t *bits;  /* all bits that there are, ascending */
    int64_t bits_count;
    int64_t identities, frequencies, givens; /* how many of each there are */
    const Row *rows;                         /* an open hash table of features */
    int64_t row_mask;
    const uint8_t *tables[KINDS]; /* weights of features whose values are few, by place; NULL for others */
    int64_t strides[KINDS][3];   /* from one value to the next */
    const int32_t *bias;        /* WIDTH */
    const int32_t *output;      /* CLASSES x WIDTH */
    const int64_t *output_bias; /* CLASSES */
    double scale;                  /* of one unit of a score, in natural logarithms */
    double least, lowest;          /* share that some class must have of a word that is worth a look, its logarithm */
    uint32_t common, name, family; /* bits of the lexicon */
} Tagger;

#endif
