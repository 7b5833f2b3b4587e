/* The loops of the kernel, compiled once for every instruction set: NAME(x) gives each its own name.
 *
 * A piece is gone through in strips that stay in the first-level cache. Every operation is an IEEE operation on one
 * element, in the order in which the numpy path does it, and sums are kept in 16 lanes that are folded at fixed
 * places, so the bytes are the same on every path and machine. Nothing here may be contracted or reassociated
 * (-ffp-contract=off, no -ffast-math).
 */

#define STRIP 512
#define LANES 16
#define SIGN 0x80000000u
#define MAGNITUDE 0x7fffffffu

typedef union {
    float f[STRIP];
    uint32_t u[STRIP];
} NAME(Strip);

#define Strip NAME(Strip)

#include "numbers.h"

#include "merging.h"

#include "counting.h"

#include "rows.h"

#undef Strip
#undef STRIP
#undef LANES
#undef SIGN
#undef MAGNITUDE
