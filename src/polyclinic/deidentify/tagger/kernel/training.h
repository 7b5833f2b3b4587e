/* Teaching the weights: one pass over examples, one step of gradient descent each, with Adagrad's step sizes (Duchi et
 * al. 2011), one for each row, and with features and hidden units left out at random (Srivastava et al. 2014). */

typedef struct {
    const int32_t *rows;   /* of all examples, one after the other */
    const int64_t *ends;   /* where those of each example begin; one more at the end */
    const int32_t *classes;
    const float *weights;  /* of each example */
    const int64_t *order;
    int64_t count;
    const float *left_out; /* share in which each row is left out */
    float *row, *row_squares, *bias, *bias_squares, *output, *output_squares, *output_bias, *output_bias_squares;
    float rate, hidden_left_out;
    uint64_t seed;
} Lesson;

static inline float chance(uint64_t *state) { /* splitmix64 (Steele et al. 2014) */
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return (float)((z ^ (z >> 31)) >> 40) * (1.0f / 16777216.0f);
}

static void add_row(float *sum, const float *row, float scale) {
    for (int j = 0; j < WIDTH; j++) sum[j] += scale * row[j];
}

static void shares_of(const float *output, const float *output_bias, const float *hidden, float *shares) {
    float most = -1e30f, all = 0;
    for (int c = 0; c < CLASSES; c++) {
        shares[c] = output_bias[c];
        for (int j = 0; j < WIDTH; j++) shares[c] += output[c * WIDTH + j] * hidden[j];
        if (shares[c] > most) most = shares[c];
    }
    for (int c = 0; c < CLASSES; c++) all += shares[c] = expf(shares[c] - most);
    for (int c = 0; c < CLASSES; c++) shares[c] /= all;

}

/* Learns from each example once; returns the mean loss. No example has more than MOST_FEATURES rows. */
double polyclinic_tagger_learn(const Lesson *l) {
    double loss = 0;
    uint64_t state = l->seed;
    float sum[WIDTH], hidden[WIDTH], back[WIDTH], mask[WIDTH], shares[CLASSES];
    int32_t kept[MOST_FEATURES];
    for (int64_t e = 0; e < l->count; e++) {
        const int64_t i = l->order[e];
        int n = 0;
        memcpy(sum, l->bias, sizeof(sum));
        for (int64_t k = l->ends[i]; k < l->ends[i + 1]; k++) {
            const float left_out = l->left_out[l->rows[k]];
            if (chance(&state) < left_out) continue;
            add_row(sum, l->row + (int64_t)l->rows[k] * WIDTH, 1.0f / (1.0f - left_out));
            kept[n++] = l->rows[k];
        }
        for (int j = 0; j < WIDTH; j++) {
            mask[j] = chance(&state) < l->hidden_left_out ? 0 : 1.0f / (1.0f - l->hidden_left_out);
            hidden[j] = sum[j] > 0 ? sum[j] * mask[j] : 0;
            back[j] = 0;
        }
        shares_of(l->output, l->output_bias, hidden, shares);
        const float weight = l->weights[i], right = shares[l->classes[i]];
        loss -= (double)weight * log(right > 1e-9f ? right : 1e-9f);
        shares[l->classes[i]] -= 1;
        for (int c = 0; c < CLASSES; c++) {
            const float slope = shares[c] * weight;
            for (int j = 0; j < WIDTH; j++) {
                const int at = c * WIDTH + j;
                back[j] += l->output[at] * slope;
                const float its = slope * hidden[j];
                l->output_squares[at] += its * its;
                l->output[at] -= l->rate * its / sqrtf(l->output_squares[at]);
            }
            l->output_bias_squares[c] += slope * slope;
            l->output_bias[c] -= l->rate * slope / sqrtf(l->output_bias_squares[c]);
        }
        float squares = 0;
        for (int j = 0; j < WIDTH; j++) {
            back[j] = sum[j] > 0 ? back[j] * mask[j] : 0;
            squares += back[j] * back[j] / WIDTH;
            l->bias_squares[j] += back[j] * back[j];
            l->bias[j] -= l->rate * back[j] / sqrtf(l->bias_squares[j]);
        }
        if (squares < 1e-14f) continue;
        for (int k = 0; k < n; k++) {
            const float scale = 1.0f / (1.0f - l->left_out[kept[k]]);
            l->row_squares[kept[k]] += squares * scale * scale;
            add_row(l->row + (int64_t)kept[k] * WIDTH, back, -l->rate * scale / sqrtf(l->row_squares[kept[k]]));
        }
    }
    return l->count ? loss / (double)l->count : 0;
}
