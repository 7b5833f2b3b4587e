/* What Python and the kernel hand to each other; `__init__.py` beside this file declares the same with ctypes. */

#ifndef POLYCLINIC_KERNEL_H
#define POLYCLINIC_KERNEL_H

#include <stdint.h>

enum { BF16 = 0, F16 = 1, F32 = 2 };                                    /* how numbers are stored */
enum { COMBINE = 0, SUM = 1, AGREE = 2 };                               /* how parents become one */
enum { WHOLE = 0, CUT = 1, BETWEEN = 2, DROPOUT = 3, GIVEN = 4 };       /* what becomes of a delta before */
enum { NOT_FINITE = 1, TOO_LARGE = 2 };                                 /* what can be wrong, as bits */

/* One model (or the base), what is to become of its delta, and what was counted of it. */
typedef struct {
    const void *data;  /* the first element of the piece */
    int32_t dtype;
    float weight;      /* COMBINE: its share; SUM: weight times scale; AGREE: its weight */
    float outer;       /* CUT, BETWEEN: magnitude of the last entry that is kept ... */
    float inner;       /* BETWEEN: ... and of the last that is dropped for being too large */
    int64_t outer_left; /* how many entries equal to `outer` may still be taken; counted down */
    int64_t inner_left;
    uint64_t key;      /* DROPOUT: of the random stream */
    uint32_t limit;    /* DROPOUT: an entry is kept when its 16 bits lie below */
    float factor;      /* DROPOUT: what the kept entries are multiplied with */
    int64_t kept;      /* counted */
    int64_t overruled; /* counted */
} Parent;

typedef struct {
    Parent *base;
    Parent *models;
    void *out;
    int64_t start;     /* flat index of the first element */
    int64_t size;
    int32_t count;     /* of models */
    int32_t fusion;
    int32_t thinning;
    int32_t delta_dtype; /* what deltas are rounded to */
    int32_t out_dtype;
    int32_t with_base;   /* COMBINE: whether the base has a share */
    int32_t normalize;   /* AGREE */
    int32_t equal;       /* AGREE: a mean of equal weights */
    int32_t weighted_vote;
    float zero_sign;
    float scale;
    int64_t net_sign;  /* counted: elected plus minus elected minus */
    int64_t contested; /* counted: votes of zero although some delta was not */
} Merge;

/* Rows of a delta, thinned by rank. */
typedef struct {
    Parent *base;
    Parent *model;
    float *out;        /* the thinned delta */
    int64_t start;
    int64_t rows;
    int64_t length;    /* of a row */
    int32_t delta_dtype;
    int32_t first;     /* crumbs: ranks from the largest that are kept: first to before last */
    int32_t last;
    int32_t by_factor; /* prune: multiply what is kept with the model's factor instead of dividing by the chance */
    const float *chances; /* prune: by rank from the smallest */
    double *sums;      /* prune: when given, only sum |delta| and sum |kept delta| are added here */
    void *workspace;   /* bytes: see workspace_bytes */
} Rows;

/* Counts what lies above a bracket and what of each magnitude lies within it. */
typedef struct {
    uint32_t low, high; /* bits of the magnitudes at its ends, both within it */
    int32_t shift;      /* bins hold 2^shift neighbouring magnitudes */
    int32_t model;
    int64_t above;      /* counted */
    uint32_t *bins;     /* counted */
} Tally;

#endif
