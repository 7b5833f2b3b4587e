/* Compiled once for each instruction set; NAME gives each its own name. */

static void NAME(minima)(const uint64_t *restrict runs, int64_t size, const uint64_t *restrict multipliers,
                         int64_t count, uint64_t *restrict out) {
    int64_t j = 0;
    for (; j + 4 <= size; j += 4) {
        const uint64_t a = runs[j], b = runs[j + 1], c = runs[j + 2], d = runs[j + 3];
        for (int64_t k = 0; k < count; k++) {
            const uint64_t m = multipliers[k];
            const uint64_t ma = m * a, mb = m * b, mc = m * c, md = m * d;
            const uint64_t ab = ma < mb ? ma : mb, cd = mc < md ? mc : md;
            const uint64_t least = ab < cd ? ab : cd;
            out[k] = least < out[k] ? least : out[k];
        }
    }
    for (; j < size; j++) {
        const uint64_t a = runs[j];
        for (int64_t k = 0; k < count; k++) {
            const uint64_t ma = multipliers[k] * a;
            out[k] = ma < out[k] ? ma : out[k];
        }
    }
}
