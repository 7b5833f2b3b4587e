/* Deltas thinned by rank within their rows: see `breadcrumbs` and `della`. Part of loops.h. */

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
                    uint64_t magnitude = bits_of(delta[i]) & MAGNITUDE;
                    work.order[found++] = magnitude << 32 | (uint64_t)(rows->length - 1 - i);
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
