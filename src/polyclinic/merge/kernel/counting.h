/* Sums in a fixed order, and counts of magnitudes: see `numbers.dot` and `selection`. Part of loops.h. */

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
