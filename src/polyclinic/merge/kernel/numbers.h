/* Numbers as files hold them to float32 and back, deltas, random bits. Part of loops.h. */

ALWAYS_BITS NAME(load)(const void *data, int dtype, int64_t at, Strip *out, int n) {
    uint32_t bad = 0;
    if (dtype == BF16) {
        const uint16_t *in = (const uint16_t *)data + at;
        for (int i = 0; i < n; i++) {
            uint32_t bits = in[i];
            bad |= (bits & 0x7f80u) == 0x7f80u;
            out->u[i] = bits << 16;
        }
    } else if (dtype == F16) {
        const uint16_t *in = (const uint16_t *)data + at;
        for (int i = 0; i < n; i++) {
            uint32_t bits = in[i];
            bad |= (bits & 0x7c00u) == 0x7c00u;
            union { uint32_t u; float f; } value;
            value.u = (bits & 0x7fffu) << 13;
            value.f *= 0x1p112f; /* moves the exponent's bias; exact, subnormal numbers too */
            out->u[i] = value.u | (bits & 0x8000u) << 16;
        }
    } else {
        const uint32_t *in = (const uint32_t *)data + at;
        for (int i = 0; i < n; i++) {
            bad |= (in[i] & 0x7f800000u) == 0x7f800000u;
            out->u[i] = in[i];
        }
    }
    return bad ? NOT_FINITE : 0;
}

/* The bits of a float16, rounded to nearest, ties to even; what is too large becomes infinite. */
ALWAYS_BITS NAME(half)(uint32_t bits) {
    uint32_t magnitude = bits & MAGNITUDE;
    uint32_t normal = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
    union { uint32_t u; float f; } small;
    small.u = magnitude < 0x38800000u ? magnitude : 0;
    small.f += 0.5f; /* a unit in the last place of 0.5 is the smallest float16 */
    uint32_t found = magnitude < 0x38800000u ? small.u - 0x3f000000u : normal;
    found = magnitude >= 0x47800000u ? 0x7c00u : found;
    return found | (bits >> 16 & 0x8000u);
}

ALWAYS_BITS NAME(store)(const Strip *values, int dtype, void *data, int64_t at, int n) {
    uint32_t bad = 0;
    if (dtype == BF16) {
        uint16_t *out = (uint16_t *)data + at;
        for (int i = 0; i < n; i++) {
            uint32_t bits = values->u[i];
            uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
            bad |= (rounded & 0x7f80u) == 0x7f80u;
            out[i] = (uint16_t)rounded;
        }
    } else if (dtype == F16) {
        uint16_t *out = (uint16_t *)data + at;
        for (int i = 0; i < n; i++) {
            uint32_t half = NAME(half)(values->u[i]);
            bad |= (half & 0x7c00u) == 0x7c00u;
            out[i] = (uint16_t)half;
        }
    } else {
        uint32_t *out = (uint32_t *)data + at;
        for (int i = 0; i < n; i++) {
            bad |= (values->u[i] & 0x7f800000u) == 0x7f800000u;
            out[i] = values->u[i];
        }
    }
    return bad ? TOO_LARGE : 0;
}

ALWAYS NAME(round_to)(Strip *values, int dtype, int n) {
    if (dtype == BF16) {
        for (int i = 0; i < n; i++) {
            uint32_t bits = values->u[i];
            values->u[i] = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
        }
    } else if (dtype == F16) {
        for (int i = 0; i < n; i++) {
            uint32_t half = NAME(half)(values->u[i]);
            union { uint32_t u; float f; } value;
            value.u = (half & 0x7fffu) << 13;
            value.f *= 0x1p112f;
            value.u = (half & 0x7fffu) >= 0x7c00u ? 0x7f800000u : value.u;
            values->u[i] = value.u | (half & 0x8000u) << 16;
        }
    }
}

ALWAYS NAME(subtract)(Strip *model, const Strip *base, int dtype, int n) {
    for (int i = 0; i < n; i++) model->f[i] = model->f[i] - base->f[i];
    NAME(round_to)(model, dtype, n);
}

/* Sixteen random bits for each position from `start` on: SplitMix64 of a counter, as `dropout.random_bits`. */
ALWAYS NAME(random_bits)(uint64_t key, int64_t start, uint16_t *out, int n) {
    uint64_t words[STRIP / 4 + 2];
    uint64_t first = (uint64_t)start / 4;
    int skipped = (int)((uint64_t)start % 4);
    int count = (skipped + n + 3) / 4;
    for (int i = 0; i < count; i++) {
        uint64_t word = (first + 1 + (uint64_t)i) * UINT64_C(0x9E3779B97F4A7C15) + key;
        word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
        words[i] = word ^ word >> 31;
    }
    memcpy(out, (const uint16_t *)words + skipped, (size_t)n * 2);
}
