/* A base and thinned deltas become one: see `combination`, `fusion`, `trimming` and `dare_linear`. Part of loops.h. */

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
