/* What Python and the tagger's kernel hand to each other; `__init__.py` beside this file declares the same. */

#ifndef POLYCLINIC_TAGGER_KERNEL_H
#define POLYCLINIC_TAGGER_KERNEL_H

#include <stdint.h>

#define WIDTH 16          /* of the hidden layer */
#define CLASSES 5         /* none, name, institution, town, street */
#define MOST_FEATURES 128 /* of a token */

/* What a character is, as bits. */
enum { LETTER = 1, UPPER = 2, LOWER = 4, SPACE = 8, DIGIT = 16 };
enum { NEWLINE = 8 }; /* a shape */

/* What the lists say of a word. */
typedef struct {
    uint64_t hash;     /* of its letters; 0 in an empty slot */
    uint32_t bits;     /* of the lexicon */
    uint16_t identity; /* its number among the words that have weights of their own; 0 for others */
    uint8_t frequency; /* rank as a family name, times 6, + rank in the dictionary */
    uint8_t kinds;     /* LISTED, WRITTEN_LARGE, and 4 times the rank as a given name */
} Entry;
enum { LISTED = 1, WRITTEN_LARGE = 2 };

/* A word, a number or a sign of a text, and what is known of it where it stands. */
typedef struct {
    uint64_t hash;
    int32_t start, end;
    uint32_t bits;
    int32_t identity, frequency, shape, large, given, length, small, seen_small, gap, begins;
    uint32_t head, tail2, tail3, tail4; /* hashes of its first two and last two, three, four letters */
    int32_t place, line_length, line_case, line_head, label, since; /* in its line */
    int32_t word, candidate;
} Token;

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
    int8_t weights[WIDTH];
} Row;

typedef struct {
    const uint8_t *classes; /* of each of the first 65,536 characters */
    const uint16_t *lower;  /* each of them in lower case */
    const Entry *entries;   /* an open hash table */
    int64_t entry_mask;
    const Row *rows; /* an open hash table of features */
    int64_t row_mask;
    const int32_t *bias;        /* WIDTH */
    const int32_t *output;      /* CLASSES x WIDTH */
    const int64_t *output_bias; /* CLASSES */
    double scale;                  /* of one unit of a score, in natural logarithms */
    double least;                  /* share that some class must have of a word that is worth a look */
    uint32_t common, name, family; /* bits of the lexicon */
} Tagger;

#endif
