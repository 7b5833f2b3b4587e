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

/* Which entries lie before a cut: 1.0 or 0.0 for each. */
ALWAYS NAME(before)(const Strip *delta, float threshold, int64_t *left, float *mask, int n) {
    int equal = 0;
    if (*left > 0)
        for (int i = 0; i < n; i++) {
            float magnitude = fabsf(delta->f[i]);
            equal += magnitude == threshold;
            mask[i] = magnitude >= threshold ? 1.0f : 0.0f;
        }
    if (*left > 0 && equal <= *left) {
        *left -= equal;
    } else if (*left > 0) { /* the first of those that are equal */
        for (int i = 0; i < n; i++) {
            float magnitude = fabsf(delta->f[i]);
            int taken = magnitude == threshold && *left > 0;
            *left -= taken;
            mask[i] = magnitude > threshold || taken ? 1.0f : 0.0f;
        }
    } else {
        for (int i = 0; i < n; i++) mask[i] = fabsf(delta->f[i]) > threshold ? 1.0f : 0.0f;
    }
}

/* Makes a model's numbers its delta, thinned. */
ALWAYS NAME(thin)(const Merge *merge, Parent *model, const Strip *base, Strip *delta, int64_t at, int n) {
    float mask[STRIP], inner[STRIP];
    int kept = 0;
    if (merge->thinning == CUT && model->outer_left <= 0 && merge->delta_dtype == F32) {
        float threshold = model->outer;
        for (int i = 0; i < n; i++) {
            float value = delta->f[i] - base->f[i];
            int keep = fabsf(value) > threshold;
            kept += keep;
            delta->f[i] = value * (keep ? 1.0f : 0.0f);
        }
        model->kept += kept;
        return;
    }
    NAME(subtract)(delta, base, merge->delta_dtype, n);
    if (merge->thinning == CUT || merge->thinning == BETWEEN) {
        NAME(before)(delta, model->outer, &model->outer_left, mask, n);
        if (merge->thinning == BETWEEN) {
            NAME(before)(delta, model->inner, &model->inner_left, inner, n);
            for (int i = 0; i < n; i++) mask[i] = mask[i] - inner[i]; /* the inner ones are among the outer */
        }
        for (int i = 0; i < n; i++) {
            kept += mask[i] != 0.0f;
            delta->f[i] *= mask[i];
        }
        model->kept += kept;
    } else if (merge->thinning == DROPOUT && model->limit >= 65536) {
        model->kept += n;
    } else if (merge->thinning == DROPOUT) {
        uint16_t bits[STRIP];
        NAME(random_bits)(model->key, merge->start + at, bits, n);
        uint16_t limit = (uint16_t)model->limit;
        float factor = model->factor;
        for (int i = 0; i < n; i++) {
            kept += bits[i] < limit;
            delta->f[i] = delta->f[i] * (bits[i] < limit ? 1.0f : 0.0f) * factor;
        }
        model->kept += kept;
    }
}

/* See `fusion.Agreed`; deltas are overwritten. */
ALWAYS NAME(agree)(Merge *merge, const Strip *base, Strip *deltas, Strip *merged, int n) {
    int count = merge->count;
    Strip vote; /* its sign bits are the elected signs */
    float divisor[STRIP];
    for (int k = 0; k < count; k++) {
        float weight = merge->models[k].weight;
        if (merge->weighted_vote && weight != 1.0f) {
            for (int i = 0; i < n; i++) deltas[k].f[i] *= weight;
            NAME(round_to)(&deltas[k], merge->delta_dtype, n);
        }
        if (k == 0)
            for (int i = 0; i < n; i++) vote.f[i] = deltas[k].f[i];
        else
            for (int i = 0; i < n; i++) vote.f[i] += deltas[k].f[i];
    }
    if (merge->zero_sign < 0)
        for (int i = 0; i < n; i++) vote.u[i] = vote.f[i] == 0.0f ? SIGN : vote.u[i];
    for (int k = 0; k < count; k++) {
        const Strip *delta = &deltas[k];
        float weight = merge->models[k].weight;
        float later = !merge->weighted_vote && !merge->equal ? weight : 1.0f;
        float share = merge->equal ? 1.0f : weight;
        int overruled = 0;
        for (int i = 0; i < n; i++) {
            union { uint32_t u; float f; } value;
            value.u = delta->u[i] ^ (vote.u[i] & SIGN); /* what agrees becomes positive */
            overruled += value.f < 0.0f;
            float before = k ? divisor[i] : 0.0f, sum = k ? merged->f[i] : 0.0f;
            divisor[i] = before + (value.f > 0.0f ? 1.0f : 0.0f) * share;
            merged->f[i] = sum + (value.f < 0.0f ? 0.0f : value.f) * later;
        }
        merge->models[k].overruled += overruled;
    }
    int contested = 0, zeros = 0, minus = 0;
    float scale = merge->scale, for_zero = merge->zero_sign == 0.0f ? 0.0f : 1.0f;
    if (!merge->normalize)
        for (int i = 0; i < n; i++) divisor[i] = 1.0f;
    for (int i = 0; i < n; i++) {
        union { uint32_t u; float f; } value;
        int zero = vote.f[i] == 0.0f;
        zeros += zero;
        minus += vote.f[i] < 0.0f;
        contested += zero & (merged->f[i] != 0.0f);
        value.f = merged->f[i] / (divisor[i] == 0.0f ? 1.0f : divisor[i]) * scale;
        value.f *= zero ? for_zero : 1.0f;
        value.u ^= vote.u[i] & SIGN;
        merged->f[i] = base->f[i] + value.f;
    }
    merge->net_sign += n - zeros - 2 * minus;
    merge->contested += contested;
}

/* Adds a parent times its share. */
ALWAYS NAME(add_share)(const Parent *parent, int64_t at, Strip *sum, int begun, int n, uint32_t *bad) {
    float share = parent->weight;
    Strip values;
    if (parent->dtype == BF16) { /* in one pass, since it is so common */
        const uint16_t *in = (const uint16_t *)parent->data + at;
        uint32_t wrong = 0;
        for (int i = 0; i < n; i++) {
            union { uint32_t u; float f; } value;
            value.u = (uint32_t)in[i] << 16;
            wrong |= (value.u & 0x7f800000u) == 0x7f800000u;
            sum->f[i] = begun ? sum->f[i] + value.f * share : value.f * share;
        }
        *bad |= wrong ? NOT_FINITE : 0;
        return;
    }
    *bad |= NAME(load)(parent->data, parent->dtype, at, &values, n);
    for (int i = 0; i < n; i++) sum->f[i] = begun ? sum->f[i] + values.f[i] * share : values.f[i] * share;
}

ALWAYS NAME(merge_strip)(Merge *merge, int64_t at, int n, uint32_t *bad) {
    Strip base, merged, deltas[MOST];
    if (merge->fusion == COMBINE) {
        int begun = merge->with_base;
        if (begun) NAME(add_share)(merge->base, at, &merged, 0, n, bad);
        for (int k = 0; k < merge->count; k++) {
            if (merge->models[k].weight == 0.0f) {
                *bad |= NAME(load)(merge->models[k].data, merge->models[k].dtype, at, &deltas[0], n);
                continue;
            }
            NAME(add_share)(&merge->models[k], at, &merged, begun, n, bad);
            begun = 1;
        }
        if (!begun)
            for (int i = 0; i < n; i++) merged.f[i] = 0.0f;
    } else {
        *bad |= NAME(load)(merge->base->data, merge->base->dtype, at, &base, n);
        for (int k = 0; k < merge->count; k++) {
            uint32_t wrong = NAME(load)(merge->models[k].data, merge->models[k].dtype, at, &deltas[k], n);
            if (merge->thinning == GIVEN) continue;
            *bad |= wrong;
            NAME(thin)(merge, &merge->models[k], &base, &deltas[k], at, n);
        }
        if (merge->fusion == AGREE) {
            NAME(agree)(merge, &base, deltas, &merged, n);
        } else {
            for (int k = 0; k < merge->count; k++) {
                float weight = merge->models[k].weight;
                for (int i = 0; i < n; i++) merged.f[i] = (k ? merged.f[i] : base.f[i]) + deltas[k].f[i] * weight;
            }
        }
    }
    *bad |= NAME(store)(&merged, merge->out_dtype, merge->out, at, n);
}

static int NAME(merge)(Merge *merge) {
    uint32_t bad = 0;
    int64_t at = 0;
    for (; at + STRIP <= merge->size; at += STRIP) NAME(merge_strip)(merge, at, STRIP, &bad); /* a constant is faster */
    if (at < merge->size) NAME(merge_strip)(merge, at, (int)(merge->size - at), &bad);
    return (int)bad;
}

/* Adds one strip to sums in lanes. */
ALWAYS NAME(add_products)(const float *one, const float *other, double *lanes, int n) {
    double sums[LANES];
    memcpy(sums, lanes, sizeof sums);
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) sums[lane] += (double)one[i + lane] * (double)other[i + lane];
    for (int lane = 0; i + lane < n; lane++) sums[lane] += (double)one[i + lane] * (double)other[i + lane];
    memcpy(lanes, sums, sizeof sums);
}

static double NAME(fold)(const double *lanes) {
    double total = 0.0;
    for (int lane = 0; lane < LANES; lane++) total += lanes[lane];
    return total;
}

/* Inner products of the vectors (the base first unless deltas are asked for), each block of elements folded by
 * itself; see `numbers.dot`. `lanes` has room for count (count + 1) / 2 * 16 numbers. */
static int NAME(products)(const Merge *merge, int deltas, int64_t block, double *lanes, double *out) {
    Strip strips[MOST + 1];
    uint32_t bad = 0;
    int first = deltas ? 1 : 0, count = merge->count + 1 - first;
    int pairs = count * (count + 1) / 2;
    for (int64_t begin = 0; begin < merge->size; begin += block) {
        int64_t end = begin + block < merge->size ? begin + block : merge->size;
        memset(lanes, 0, sizeof(double) * LANES * (size_t)pairs);
        for (int64_t at = begin; at < end; at += STRIP) {
            int n = end - at < STRIP ? (int)(end - at) : STRIP;
            bad |= NAME(load)(merge->base->data, merge->base->dtype, at, &strips[0], n);
            for (int k = 0; k < merge->count; k++) {
                bad |= NAME(load)(merge->models[k].data, merge->models[k].dtype, at, &strips[k + 1], n);
                if (deltas) NAME(subtract)(&strips[k + 1], &strips[0], F32, n);
            }
            int pair = 0;
            for (int i = 0; i < count; i++)
                for (int j = i; j < count; j++)
                    NAME(add_products)(strips[first + i].f, strips[first + j].f, lanes + LANES * pair++, n);
        }
        for (int pair = 0; pair < pairs; pair++) out[pair] += NAME(fold)(lanes + LANES * pair);
    }
    return (int)bad;
}

/* Sums of |delta| and of |kept delta| of every model under DROPOUT; lanes: 32 numbers for each model. */
static int NAME(dropout_sums)(const Merge *merge, int64_t block, double *lanes, double *out) {
    Strip base, delta, kept;
    uint32_t bad = 0;
    float ones[STRIP];
    uint16_t bits[STRIP];
    for (int i = 0; i < STRIP; i++) ones[i] = 1.0f;
    for (int64_t begin = 0; begin < merge->size; begin += block) {
        int64_t end = begin + block < merge->size ? begin + block : merge->size;
        memset(lanes, 0, sizeof(double) * 2 * LANES * (size_t)merge->count);
        for (int64_t at = begin; at < end; at += STRIP) {
            int n = end - at < STRIP ? (int)(end - at) : STRIP;
            bad |= NAME(load)(merge->base->data, merge->base->dtype, at, &base, n);
            for (int k = 0; k < merge->count; k++) {
                const Parent *model = &merge->models[k];
                bad |= NAME(load)(model->data, model->dtype, at, &delta, n);
                NAME(subtract)(&delta, &base, merge->delta_dtype, n);
                NAME(random_bits)(model->key, merge->start + at, bits, n);
                for (int i = 0; i < n; i++) {
                    delta.f[i] = fabsf(delta.f[i]);
                    kept.f[i] = delta.f[i] * (bits[i] < model->limit ? 1.0f : 0.0f);
                }
                NAME(add_products)(delta.f, ones, lanes + 2 * LANES * k, n);
                NAME(add_products)(kept.f, ones, lanes + 2 * LANES * k + LANES, n);
            }
        }
        for (int sum = 0; sum < 2 * merge->count; sum++) out[sum] += NAME(fold)(lanes + LANES * sum);
    }
    return (int)bad;
}

/* Adds the magnitudes of deltas to tallies. */
static int NAME(scan)(const Merge *merge, Tally *tallies, int count) {
    Strip base, delta;
    uint32_t bad = 0;
    union { uint8_t bytes[STRIP]; uint64_t words[STRIP / 8]; } inside;
    for (int64_t at = 0; at < merge->size; at += STRIP) {
        int n = merge->size - at < STRIP ? (int)(merge->size - at) : STRIP;
        int loaded = -1;
        bad |= NAME(load)(merge->base->data, merge->base->dtype, at, &base, n);
        for (int t = 0; t < count; t++) {
            Tally *tally = &tallies[t];
            if (tally->model != loaded) {
                const Parent *model = &merge->models[tally->model];
                bad |= NAME(load)(model->data, model->dtype, at, &delta, n);
                NAME(subtract)(&delta, &base, merge->delta_dtype, n);
                for (int i = 0; i < n; i++) delta.u[i] &= MAGNITUDE;
                loaded = tally->model;
            }
            uint32_t low = tally->low, high = tally->high, width = high - low;
            int above = 0;
            for (int i = 0; i < n; i++) above += delta.u[i] > high;
            for (int i = 0; i < n; i++) inside.bytes[i] = delta.u[i] - low <= width;
            tally->above += above;
            for (int i = n; i % 8; i++) inside.bytes[i] = 0;
            uint32_t *bins = tally->bins;
            int shift = tally->shift;
            for (int word = 0; word < (n + 7) / 8; word++)
                for (uint64_t left = inside.words[word]; left; left &= left - 1)
                    bins[(delta.u[8 * word + FIRST_BYTE(left)] - low) >> shift]++;
        }
    }
    return (int)bad;
}

/* One row of a delta in `delta`; returns its largest magnitude. */
static inline uint32_t NAME(row)(const Rows *rows, int64_t at, float *delta, uint32_t *bad) {
    uint32_t largest = 0;
    for (int64_t done = 0; done < rows->length; done += STRIP) {
        int n = rows->length - done < STRIP ? (int)(rows->length - done) : STRIP;
        Strip base, strip;
        *bad |= NAME(load)(rows->base->data, rows->base->dtype, at + done, &base, n);
        *bad |= NAME(load)(rows->model->data, rows->model->dtype, at + done, &strip, n);
        NAME(subtract)(&strip, &base, rows->delta_dtype, n);
        for (int i = 0; i < n; i++) {
            uint32_t magnitude = strip.u[i] & MAGNITUDE;
            largest = magnitude > largest ? magnitude : largest;
        }
        memcpy(delta + done, strip.f, (size_t)n * 4);
    }
    return largest;
}

/* The bucket of each magnitude: 0 for zero, 1 for all far below the largest, then more for larger ones. */
static inline void NAME(buckets)(const float *delta, uint32_t largest, int log2, uint16_t *bucket, int64_t length) {
    uint32_t range = largest < SPAN ? largest : SPAN, floor = largest - range, shift = 27 - (uint32_t)log2;
    const uint32_t *bits = (const uint32_t *)(const void *)delta;
    for (int64_t i = 0; i < length; i++) {
        uint32_t magnitude = bits[i] & MAGNITUDE;
        uint32_t place = magnitude < floor ? 1 : 2 + ((magnitude - floor) >> shift);
        bucket[i] = (uint16_t)(magnitude == 0 ? 0 : place);
    }
}

/* The deltas of rows without the entries of the first and the last ranks, counted from the largest. */
static int NAME(crumb_rows)(Rows *rows) {
    uint32_t bad = 0;
    int log2 = bucket_bits(rows->length);
    int total = (1 << log2) + 3;
    Workspace work = workspace(rows->workspace, rows->length);
    for (int64_t row = 0; row < rows->rows; row++) {
        float *delta = rows->out + row * rows->length;
        uint32_t largest = NAME(row)(rows, row * rows->length, delta, &bad);
        NAME(buckets)(delta, largest, log2, work.bucket, rows->length);
        memset(work.counts, 0, sizeof(uint32_t) * (size_t)total);
        for (int64_t i = 0; i < rows->length; i++) work.counts[work.bucket[i]]++;
        int64_t bounds[2] = {rows->first, rows->last};
        int edges[2]; /* the bucket in which each bound lies: those above it are before the bound */
        int64_t rooms[2]; /* how many of its entries are before the bound */
        int64_t seen = 0;
        int place = total;
        for (int b = 0; b < 2; b++) {
            while (place > 0 && seen + work.counts[place - 1] <= bounds[b]) seen += work.counts[--place];
            edges[b] = place - 1;
            rooms[b] = bounds[b] - seen;
        }
        /* 1 and 0 for what is kept or not, 2 and 4 beside them for what lies in the bucket of a bound. */
        const uint16_t *restrict bucket = work.bucket;
        uint8_t *restrict marks = work.keep;
        int64_t length = rows->length;
        int16_t inner = (int16_t)edges[0], outer = (int16_t)edges[1];
        for (int64_t i = 0; i < length; i++) {
            int16_t at = (int16_t)bucket[i];
            int16_t keep = (int16_t)((at > outer ? 1 : 0) & (at > inner ? 0 : 1));
            marks[i] = (uint8_t)(keep | (at == inner ? 2 : 0) | (at == outer ? 4 : 0));
        }
        for (int64_t i = rows->length; i % 8; i++) work.keep[i] = 0;
        for (int b = 1; b >= 0; b--) {
            if (rooms[b] <= 0) continue;
            int64_t found = 0;
            for (int64_t word = 0; word < rows->length; word += 8) {
                uint64_t left;
                memcpy(&left, work.keep + word, 8);
                for (left &= UINT64_C(0x0202020202020202) << b; left; left &= left - 1) {
                    int64_t i = word + FIRST_BYTE(left);
                    work.order[found++] = (uint64_t)(bits_of(delta[i]) & MAGNITUDE) << 32 | (uint64_t)(rows->length - 1 - i);
                }
            }
            sort_numbers(work.order, found);
            for (int64_t k = found - rooms[b]; k < found; k++) {
                uint8_t *keep = &work.keep[rows->length - 1 - (int64_t)(uint32_t)work.order[k]];
                *keep = (uint8_t)((*keep & 6) | b);
            }
        }
        for (int64_t i = 0; i < length; i++) delta[i] *= (float)(marks[i] & 1);
    }
    return (int)bad;
}

/* The deltas of rows thinned at random by rank; see `della.magnitude_pruned`. */
static int NAME(prune_rows)(Rows *rows) {
    uint32_t bad = 0;
    int log2 = rows->delta_dtype == BF16 ? 11 : bucket_bits(rows->length); /* 2^11 buckets part all of bfloat16 */
    int total = (1 << log2) + 3;
    int64_t length = rows->length, kept = 0;
    Workspace work = workspace(rows->workspace, length);
    double lanes[2][LANES] = {{0.0}};
    int64_t summed = 0; /* elements in the lanes so far */
    for (int64_t row = 0; row < rows->rows; row++) {
        float *delta = rows->out + row * length;
        uint32_t largest = NAME(row)(rows, row * length, delta, &bad);
        NAME(buckets)(delta, largest, log2, work.bucket, length);
        memset(work.counts, 0, sizeof(uint32_t) * (size_t)total);
        for (int64_t i = 0; i < length; i++) work.counts[work.bucket[i]]++;
        uint32_t before = 0;
        for (int place = 0; place < total; place++) {
            uint32_t here = work.counts[place];
            work.counts[place] = before;
            before += here;
        }
        if (rows->delta_dtype == BF16 && work.counts[2] - work.counts[1] < 2) { /* a bucket has one magnitude */
            for (int64_t i = length - 1; i >= 0; i--)
                work.chance[i] = rows->chances[work.counts[work.bucket[i]]++];
        } else {
            sort_row(&work, (const uint32_t *)(const void *)delta, length);
            for (int64_t rank = 0; rank < length; rank++)
                work.chance[length - 1 - (int64_t)(uint32_t)work.order[rank]] = rows->chances[rank];
        }
        for (int64_t done = 0; done < length; done += STRIP) {
            int n = length - done < STRIP ? (int)(length - done) : STRIP;
            uint16_t random[STRIP];
            const float *chance = work.chance + done;
            float *values = delta + done;
            float factor = rows->model->factor;
            int here = 0;
            NAME(random_bits)(rows->model->key, rows->start + row * length + done, random, n);
            if (rows->sums) {
                float all[STRIP + LANES], those_kept[STRIP + LANES], ones[STRIP + LANES];
                int skipped = (int)(summed % LANES); /* rows need not fill the lanes */
                for (int i = 0; i < skipped; i++) all[i] = those_kept[i] = 0.0f;
                for (int i = 0; i < n + skipped; i++) ones[i] = 1.0f;
                for (int i = 0; i < n; i++) {
                    float magnitude = fabsf(values[i]);
                    all[skipped + i] = magnitude;
                    those_kept[skipped + i] = (float)random[i] < chance[i] * 65536.0f ? magnitude : 0.0f;
                }
                NAME(add_products)(all, ones, lanes[0], n + skipped);
                NAME(add_products)(those_kept, ones, lanes[1], n + skipped);
                summed += n;
            } else if (rows->by_factor) {
                for (int i = 0; i < n; i++) {
                    int keep = (float)random[i] < chance[i] * 65536.0f;
                    here += keep;
                    values[i] = values[i] * (keep ? 1.0f : 0.0f) * factor;
                }
            } else {
                for (int i = 0; i < n; i++) {
                    int keep = (float)random[i] < chance[i] * 65536.0f;
                    here += keep;
                    values[i] = values[i] * (keep ? 1.0f : 0.0f) / (keep ? chance[i] : 1.0f);
                }
            }
            kept += here;
        }
    }
    if (rows->sums)
        for (int sum = 0; sum < 2; sum++) rows->sums[sum] += NAME(fold)(lanes[sum]);
    rows->model->kept += kept;
    return (int)bad;
}

#undef Strip
#undef STRIP
#undef LANES
#undef SIGN
#undef MAGNITUDE
